import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Shared
import Synchronization

/// A connection to one page of a browser, over the Chrome DevTools protocol: commands, each with its result.
///
/// Events of the browser are not kept, but for complaints of its console.
final class DevToolsConnection: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String

        /// The page that was asked is being left for another.
        var isOfNavigation: Bool { description.contains("context") || description.contains("navigated") }
    }

    private struct Command: Encodable {
        var id: Int
        var method: String
        var params: [String: JSONValue]
    }

    fileprivate struct Message: Decodable {
        var id: Int?
        var result: JSONValue?
        var error: JSONValue?
        var method: String?
        var params: JSONValue?
    }

    fileprivate struct State {
        var nextID = 1
        var waiting: [Int: EventLoopPromise<JSONValue>] = [:]
        var isClosed = false
        var complaints: [String] = []
    }

    private let channel: any Channel
    private let inbox: Inbox

    /// Connects to the page behind `ws://127.0.0.1:<port><path>`.
    init(port: Int, path: String) async throws {
        let inbox = Inbox()
        self.inbox = inbox
        let upgraded = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let upgrader = NIOTypedWebSocketClientUpgrader<Bool>(maxFrameSize: 1 << 24) { channel, _ in
                        channel.eventLoop.makeCompletedFuture {
                            let frames = NIOWebSocketFrameAggregator(
                                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1024,
                                maxAccumulatedFrameSize: 1 << 24)
                            try channel.pipeline.syncOperations.addHandlers([frames, Handler(inbox: inbox)])
                            return true
                        }
                    }
                    let head = HTTPRequestHead(
                        version: .http1_1, method: .GET, uri: path, headers: ["Host": "127.0.0.1:\(port)"])
                    let configuration = NIOTypedHTTPClientUpgradeConfiguration(
                        upgradeRequestHead: head, upgraders: [upgrader]
                    ) { channel in
                        channel.close(promise: nil)
                        return channel.eventLoop.makeSucceededFuture(false)
                    }
                    let result = try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
                        configuration: .init(upgradeConfiguration: configuration))
                    return (channel, result)
                }
            }
        channel = upgraded.0
        guard try await upgraded.1.get() else { throw Failure(description: "the browser refused the connection") }
    }

    /// What the page's console complained of: exceptions, errors, and breaches of its policy.
    var complaints: [String] { inbox.state.withLock { $0.complaints } }

    /// Runs a command and returns its result.
    @discardableResult
    func call(_ method: String, _ parameters: [String: JSONValue] = [:]) async throws -> JSONValue {
        let promise = channel.eventLoop.makePromise(of: JSONValue.self)
        let id = inbox.state.withLock { state -> Int? in
            guard !state.isClosed else { return nil }
            defer { state.nextID += 1 }
            state.waiting[state.nextID] = promise
            return state.nextID
        }
        guard let id else {
            promise.fail(Failure(description: "the browser is gone"))
            return try await promise.futureResult.get()
        }
        let text = try JSONEncoder().encode(Command(id: id, method: method, params: parameters))
        let frame = WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: ByteBuffer(data: text))
        try await channel.writeAndFlush(frame).get()
        return try await promise.futureResult.get()
    }

    /// Evaluates JavaScript in the page, as if the user had done it; its value, which a promise is waited for.
    func evaluate(_ expression: String) async throws -> JSONValue {
        let answer = try await call(
            "Runtime.evaluate",
            [
                "expression": .string(expression), "awaitPromise": .bool(true), "returnByValue": .bool(true),
                "userGesture": .bool(true),
            ])
        if let exception = answer["exceptionDetails"] {
            throw Failure(description: "\(exception["exception"]?["description"]?.string ?? "\(exception)")")
        }
        return answer["result"]?["value"] ?? .null
    }

    func close() async { try? await channel.close() }

    fileprivate final class Inbox: Sendable {
        let state = Mutex(State())

        func received(_ message: Message) {
            guard let id = message.id else { return note(message) }
            let promise = state.withLock { $0.waiting.removeValue(forKey: id) }
            if let error = message.error {
                promise?.fail(Failure(description: error["message"]?.string ?? "\(error)"))
            } else {
                promise?.succeed(message.result ?? .null)
            }
        }

        private func note(_ message: Message) {
            let text: String? =
                switch message.method {
                case "Runtime.exceptionThrown":
                    message.params?["exceptionDetails"]?["exception"]?["description"]?.string ?? "an exception"
                case "Log.entryAdded":
                    message.params?["entry"].map { "\($0["text"]?.string ?? "?") \($0["url"]?.string ?? "")" }
                default: nil
                }
            if let text { state.withLock { $0.complaints.append(text) } }
        }

        func closed() {
            let waiting = state.withLock { state in
                state.isClosed = true
                defer { state.waiting = [:] }
                return state.waiting.values
            }
            for promise in waiting { promise.fail(Failure(description: "the browser is gone")) }
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame

        private let inbox: Inbox

        init(inbox: Inbox) { self.inbox = inbox }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = Self.unwrapInboundIn(data)
            guard frame.opcode == .text,
                let message = try? JSONDecoder().decode(Message.self, from: frame.unmaskedData)
            else { return }
            inbox.received(message)
        }

        func channelInactive(context: ChannelHandlerContext) { inbox.closed() }
    }
}

extension JSONValue {
    /// A member of an object.
    subscript(key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }
}
