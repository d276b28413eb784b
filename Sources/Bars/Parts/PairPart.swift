import NIOCore
import Shared

/// The part **pair**: how many pairs of XADD and PUBLISH one connection gets through Redis when nothing else is done.
///
/// Two batches are always under way, so that Redis has the next one when it has done one; there are no subscribers. The logs are removed
/// afterwards.
struct PairPart: Sendable {
    struct Result: Sendable {
        var pairsPerSecond: Double
        /// Of Redis's processor time; nil where its process is not on this host.
        var redisMicrosecondsPerPair: Double?
    }

    var redis: RedisDoor
    var streams = 64
    /// Pairs to a write.
    var batch = 64
    var seconds = 3.0
    var warmUp = 0.5

    func measure() async throws -> Result { try await BlockingWork.run { try run($0) } }

    private func run(_ flag: StopFlag) throws -> Result {
        let socket = try redis.connect()
        let process = try redis.processID()
        let requests = (0..<streams).map { _ in RequestID.random().text }
        // The log of a request begins with the marker of its first attempt.
        for request in requests { _ = try redis.call("XADD", "tokens:{\(request)}", "1-0", "a", "penstock-bench") }
        defer { for request in requests { _ = try? redis.call("UNLINK", "tokens:{\(request)}") } }

        var writer = PairWriter(requests: requests)
        var replies = PairReplies()
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var sent = 0
        func send() throws {
            bytes.removeAll(keepingCapacity: true)
            writer.write(batch, into: &bytes)
            try socket.send(bytes)
            sent += batch
        }
        func receive() throws {
            try buffer.withUnsafeMutableBytes { buffer in
                let count = try socket.receive(into: buffer)
                guard count > 0 else { throw BarsFailure("Redis closed the connection") }
                replies.read(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            guard !replies.hasError else { throw BarsFailure("Redis refused an entry") }
        }
        func go(until deadline: NIODeadline) throws {
            while NIODeadline.now() < deadline {
                guard !flag.isSet else { throw CancellationError() }
                while sent - replies.pairs > batch { try receive() }
                try send()
            }
        }
        try send()
        try go(until: .now() + .nanoseconds(Int64(warmUp * 1e9)))
        let start = (NIODeadline.now(), replies.pairs, process.flatMap { ProcessFigures.processorSeconds(of: $0) })
        try go(until: start.0 + .nanoseconds(Int64(seconds * 1e9)))
        let end = (NIODeadline.now(), replies.pairs, process.flatMap { ProcessFigures.processorSeconds(of: $0) })
        while replies.pairs < sent { try receive() }

        let pairs = Double(end.1 - start.1)
        var result = Result(pairsPerSecond: pairs / (Double((end.0 - start.0).nanoseconds) / 1e9))
        if let before = start.2, let after = end.2 { result.redisMicrosecondsPerPair = (after - before) * 1e6 / pairs }
        return result
    }
}
