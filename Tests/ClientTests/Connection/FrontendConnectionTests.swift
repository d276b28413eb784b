import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Shared
import Synchronization
import TestSupport
import Testing

@testable import Client
@testable import FrontendClient

@Suite(.timeLimit(.minutes(1))) struct FrontendConnectionTests {
    let id = RequestID.random()
    let session = SessionID.random()

    @Test func carriesEventsBothWaysInOrder() async throws {
        let (id, session) = (id, session)
        let frontend = try await FrontendDouble { connection, happening in
            switch happening {
            case .opened: connection.send(.ready)
            case .event(let event):
                connection.send(.start(event.id, session))
                for index in 1...100 { connection.send(.chunk(event.id, UInt64(index), "\(index) ")) }
                connection.send(.complete(event.id, "stop"))
                connection.close(1000, "done")
            case .frame, .closed: break
            }
        }
        var options = FrontendConnection.Options.patient
        options.token = "secret"
        let connection = try await FrontendConnection.connect(frontend.url, options: options)
        try await connection.send(ClientEvent(id: id, command: .send(SendCommand(content: "hello"))))
        var received: [ServerEvent] = []
        for await event in connection.events { received.append(event) }
        #expect(received.count == 103)
        #expect(received.first == .ready)
        #expect(received[51] == .chunk(id, 50, "50 "))
        #expect(received.last == .complete(id, "stop"))
        #expect(try await connection.closed.get() == CloseStatus(code: 1000, reason: "done"))
        #expect(frontend.requests.first?.headers["Authorization"] == ["Bearer secret"])
        await #expect(throws: FrontendError.self) {
            try await connection.send(ClientEvent(id: id, command: .resume(ResumeCommand(requestID: id))))
        }
        await frontend.close()
    }

    @Test func putsFragmentsTogetherAndAnswersPings() async throws {
        let pong = Mutex<String?>(nil)
        let id = id
        let frontend = try await FrontendDouble { connection, happening in
            switch happening {
            case .opened:
                var encoder = ServerEventEncoder()
                var text = encoder.encode(.chunk(id, 1, "é"))
                let first = text.readSlice(length: text.readableBytes / 2) ?? ByteBuffer()
                connection.send(.text, first, fin: false)
                connection.send(.ping, ByteBuffer(string: "are you there"))
                connection.send(.continuation, text)
            case .frame(.pong, let data):
                pong.withLock { $0 = String(buffer: data) }
                connection.close(1001)
            case .event, .frame, .closed: break
            }
        }
        let connection = try await FrontendConnection.connect(frontend.url, options: .patient)
        var received: [ServerEvent] = []
        for await event in connection.events { received.append(event) }
        #expect(received == [.chunk(id, 1, "é")])
        #expect(pong.withLock { $0 } == "are you there")
        #expect(try await connection.closed.get() == CloseStatus(code: 1001))
        await frontend.close()
    }

    /// What the consumer does not take, the frontend cannot send.
    @Test func holdsTheFrontendBack() async throws {
        let id = id
        let text = String(repeating: "x", count: 16_384)
        let total = 4096
        let sent = Mutex(0)
        let frontend = try await FrontendDouble { connection, happening in
            guard case .opened = happening else { return }
            @Sendable func sendNext(_ index: Int) {
                guard index <= total else { return connection.close(1000) }
                var encoder = ServerEventEncoder()
                let frame = WebSocketFrame(
                    fin: true, opcode: .text, data: encoder.encode(.chunk(id, UInt64(index), text)))
                connection.channel.writeAndFlush(frame).whenSuccess {
                    sent.withLock { $0 = index }
                    // Not from here, for what is written at once calls this at once: 4096 calls deep.
                    connection.channel.eventLoop.execute { sendNext(index + 1) }
                }
            }
            sendNext(1)
        }
        let connection = try await FrontendConnection.connect(frontend.url, options: .patient)
        // It goes until the bounds and the sockets' buffers are full, then stands still.
        var last = -1
        try await eventually("the sender stands still") {
            let now = sent.withLock { $0 }
            defer { last = now }
            try await Task.sleep(for: .milliseconds(200))
            return now > 0 && now == last
        }
        #expect(last < total)
        var received = 0
        for await _ in connection.events { received += 1 }
        #expect(received == total)
        await frontend.close()
    }

    @Test func tellsHowTheConnectionEnded() async throws {
        let frontend = try await FrontendDouble { connection, happening in
            guard case .opened = happening else { return }
            switch connection.number {
            case 0: connection.close(1013, "later")
            case 1: connection.channel.close(promise: nil)
            case 2: connection.send(.binary, ByteBuffer(string: "x"))
            case 3: connection.send(.text, ByteBuffer(string: "no JSON"))
            case 4: connection.send(.connectionClose, ByteBuffer())
            default: break
            }
        }
        var codes: [UInt16] = []
        for _ in 0..<5 {
            let connection = try await FrontendConnection.connect(frontend.url, options: .patient)
            for await _ in connection.events {}
            codes.append(try await connection.closed.get().code)
        }
        #expect(codes == [1013, 1006, 1003, 1007, 1005])
        await frontend.close()
    }

    @Test func leavingTheEventsClosesTheConnection() async throws {
        let left = Latch()
        let frontend = try await FrontendDouble { connection, happening in
            switch happening {
            case .opened: connection.send(.ready)
            case .frame(.connectionClose, let data):
                connection.send(.connectionClose, data)
                connection.channel.close(promise: nil)
            case .closed: left.open()
            case .event, .frame: break
            }
        }
        let connection = try await FrontendConnection.connect(frontend.url, options: .patient)
        for await event in connection.events {
            #expect(event == .ready)
            break
        }
        await left.wait()
        #expect(try await connection.closed.get().code == 1000)
        await frontend.close()
    }

    @Test func givesUpASilentFrontend() async throws {
        let pings = Mutex(0)
        let frontend = try await FrontendDouble { _, happening in
            if case .frame(.ping, _) = happening { pings.withLock { $0 += 1 } }
        }
        var options = FrontendConnection.Options.patient
        options.silence = .milliseconds(50)
        let connection = try await FrontendConnection.connect(frontend.url, options: options)
        for await _ in connection.events {}
        #expect(try await connection.closed.get() == .lost("the frontend is silent"))
        // The frontend may get to read it only now.
        try await eventually { pings.withLock { $0 } > 0 }
        await frontend.close()
        #expect(pings.withLock { $0 } == 1)
    }

    @Test func tellsARefusalFromSilence() async throws {
        let frontend = try await FrontendDouble(refusing: true) { _, _ in }
        await #expect {
            _ = try await FrontendConnection.connect(frontend.url, options: .patient)
        } throws: { error in
            let error = error as? FrontendError
            return error?.code == .refused && error?.status == 401 && error?.allowsRetry == false
        }
        await frontend.close()
        await #expect {
            _ = try await FrontendConnection.connect(frontend.url, options: .patient)
        } throws: { ($0 as? FrontendError)?.code == .unreachable }
    }

    @Test func doesNotWaitForAServerThatNeverAnswers() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let url = try FrontendURL("ws://127.0.0.1:\(server.localAddress?.port ?? 0)")
        var options = FrontendConnection.Options()
        options.connectTimeout = .milliseconds(100)
        await #expect {
            _ = try await FrontendConnection.connect(url, options: options)
        } throws: { ($0 as? FrontendError)?.code == .unreachable && "\($0)".contains("onnect timeout") }
        try await server.close()
    }
}
