import Logging
import NIOCore
import NIOPosix
import Shared
import Synchronization
import TestSupport
import Testing

@testable import Bars

@Suite struct PartsTests {
    @Test func aPairIsWhatAWorkerWritesForAToken() async throws {
        let server = try await RedisServerProcess()
        let redis = try RedisDoor(url: server.url)
        let requests = [RequestID.random(), RequestID.random()]
        for request in requests { _ = try redis.call("XADD", "tokens:{\(request)}", "1-0", "a", "nobody") }
        let broker = try RedisBroker(
            server.configuration, on: MultiThreadedEventLoopGroup.singleton.next(),
            logger: Logger(label: "test"))
        let heard = Mutex<[TokenEntry]>([])
        let subscription = broker.followTokens(of: requests[1]) { event in
            if case .entry(let entry) = event { heard.withLock { $0.append(entry) } }
        }
        try await subscription.confirmed.get()

        var writer = PairWriter(requests: requests.map(\.text))
        var bytes: [UInt8] = []
        writer.write(7, into: &bytes)
        writer.write(17, into: &bytes)
        #expect(bytes.count <= 24 * writer.largestPair)
        let socket = try redis.connect()
        try socket.send(bytes)

        let expected = (0..<12).map { number in
            TokenEntry(
                id: EntryID(attempt: 1, index: UInt64(number + 1)), body: .chunk(text: "\(number) ", tokens: 1))
        }
        try await eventually { heard.withLock { $0 } == expected }
        for request in requests {
            let entries = try await broker.entries(of: request, after: EntryID(attempt: 1, index: 0), limit: 100).get()
            #expect(entries == expected)
        }
        await broker.close()
    }

    @Test func aPairHasTheBytesThatAWorkerWrites() {
        let requests = [RequestID.random(), RequestID.random(), RequestID.random()]
        let keys = RedisKeys(prefix: "")
        var written = ByteBuffer()
        for number in 0..<1100 {
            for request in requests {
                let chunk = TokenChunk(
                    id: EntryID(attempt: 1, index: UInt64(number + 1)), text: "\(number) ", tokens: 1)
                written.writeRedisCommands(capacity: 1000) { $0.append([chunk], to: request, keys) }
            }
        }
        var writer = PairWriter(requests: requests.map(\.text))
        var bytes: [UInt8] = []
        writer.write(3300, into: &bytes)
        #expect(bytes == Array(written.readableBytesView))
    }

    @Test func theyMeasureAndLeaveNothingBehind() async throws {
        let server = try await RedisServerProcess()
        let redis = try RedisDoor(url: server.url)
        let pair = try await PairPart(redis: redis, streams: 3, batch: 8, seconds: 0.2, warmUp: 0).measure()
        #expect(pair.pairsPerSecond > 0)
        #expect(try redis.call("DBSIZE") == "0")
        for hops in 1...2 {
            let times = try await HopPart(redis: redis, hops: hops, interval: 1, seconds: 0.1).measure()
            #expect(times.count > 0 && times(0) > 0)
        }
        let stop = try await StopPart(redis: redis, interval: 1, seconds: 0.2).measure()
        #expect(stop.count > 0 && stop(0) > 0)
        let firstChunk = try await FirstChunkPart(redis: redis, interval: 1, seconds: 0.2).measure()
        #expect(firstChunk.count > 0 && firstChunk(0) > 0)
        #expect(try redis.call("DBSIZE") == "0")
        #expect(try redis.version().contains("."))
    }

    @Test func aPartEndsWhenItsTaskIsCancelled() async throws {
        let server = try await RedisServerProcess()
        let redis = try RedisDoor(url: server.url)
        let task = Task { try await PairPart(redis: redis, seconds: 3600).measure() }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }

    @Test func whatRedisRefusesIsNotCounted() async throws {
        let server = try await RedisServerProcess(arguments: ["--maxmemory", "1", "--maxmemory-policy", "noeviction"])
        let redis = try RedisDoor(url: server.url)
        await #expect(throws: BarsFailure.self) { _ = try await PairPart(redis: redis, seconds: 1).measure() }
    }

    @Test func repliesAreCountedHoweverTheyAreCut() {
        let bytes = Array("$3\r\n1-1\r\n:0\r\n$4\r\n1-10\r\n:12\r\n$3\r\n1-2\r\n:".utf8)
        for cut in 0...bytes.count {
            var replies = PairReplies()
            bytes[..<cut].withUnsafeBytes { replies.read($0) }
            bytes[cut...].withUnsafeBytes { replies.read($0) }
            #expect(replies.pairs == 2)
            #expect(!replies.hasError)
        }
        var replies = PairReplies()
        Array(":0\r\n-OOM no\r\n".utf8).withUnsafeBytes { replies.read($0) }
        #expect(replies.hasError)
    }

    @Test func aSimpleAnswerIsReadWhenItIsWhole() throws {
        #expect(try RESP.simpleAnswer(Array("+OK\r\n".utf8)) == "OK")
        #expect(try RESP.simpleAnswer(Array(":12\r\n".utf8)) == "12")
        #expect(try RESP.simpleAnswer(Array("$5\r\na\r\nbc\r\n".utf8)) == "a\r\nbc")
        #expect(try RESP.simpleAnswer(Array("$5\r\na\r\nbc".utf8)) == nil)
        #expect(try RESP.simpleAnswer(Array("$5".utf8)) == nil)
        #expect(throws: BarsFailure.self) { try RESP.simpleAnswer(Array("-ERR no\r\n".utf8)) }
    }

    @Test(arguments: [0, 125, 126, 330, 65_535, 65_536])
    func aFrameHasTheLengthThatItsHeaderSays(_ length: Int) {
        let frame = FrameWriter.header(of: length) + [UInt8](repeating: 120, count: length)
        var frames = ServerFrames()
        var lengths: [Int] = []
        frame.withUnsafeBytes {
            frames.read($0) { opcode, payload in if opcode == .text { lengths.append(payload.count) } }
        }
        #expect(lengths == [length])
    }
}
