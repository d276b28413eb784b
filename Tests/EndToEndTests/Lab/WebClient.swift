import NIOCore
import NIOWebSocket
import Shared
import Synchronization
import TestSupport

@testable import FrontendClient

/// A WebSocket client that keeps all it is told, and notices what the protocol forbids.
final class WebClient: Sendable {
    /// What a command was answered.
    enum Reply: Sendable {
        case success(CommandSuccess.StopResult)
        case failure(CommandFailure)
    }

    private struct State {
        var isReady = false
        var answers: [RequestID: AnswerTranscript] = [:]
        var replies: [RequestID: Reply] = [:]
        var stopTargets: [RequestID: RequestID] = [:]
        var failures: [CommandFailure] = []
        var connectionErrors: [ConnectionError] = []
        var violations: [String] = []
        var closed: CloseStatus?
    }

    let name: String
    let connection: FrontendConnection
    private let state = Mutex(State())

    /// Connects, and waits until the frontend is ready.
    init(_ name: String, _ url: FrontendURL) async throws {
        self.name = name
        let connection = try await FrontendConnection.connect(url)
        self.connection = connection
        // Reads on by itself as a browser does; ends with the connection, which the lab closes.
        Task { [self] in
            for await event in connection.events { received(event) }
            let status = try? await connection.closed.get()
            state.withLock { $0.closed = status ?? .lost("") }
        }
        try await until("\(name) is greeted") { $0.isReady }
    }

    // MARK: What was told

    func transcript(_ id: RequestID) -> AnswerTranscript { state.withLock { $0.answers[id] } ?? AnswerTranscript() }

    /// Every `response.error`, in order.
    var failures: [CommandFailure] { state.withLock { $0.failures } }
    /// Every `connection.error`, in order.
    var connectionErrors: [ConnectionError] { state.withLock { $0.connectionErrors } }
    var isOpen: Bool { state.withLock { $0.closed == nil } }
    var violations: [String] {
        state.withLock { state in
            state.violations
                + state.answers.flatMap { id, answer in answer.violations.map { "\(name): \($0) (\(id))" } }
        }
    }

    var summary: String {
        state.withLock { state in
            var text = "--- \(name): \(state.closed.map { "\($0)" } ?? "open")"
            for (id, answer) in state.answers { text += "\n\(id): \(answer.summary)" }
            for error in state.connectionErrors { text += "\n\(error.errorCode.rawValue): \(error.message)" }
            for failure in state.failures.suffix(10) { text += "\n\(failure.errorCode.rawValue): \(failure.message)" }
            return text
        }
    }

    func reply(to command: RequestID) async throws -> Reply {
        try await until("\(name): an answer to \(command)") { $0.replies[command] != nil }
        guard let reply = state.withLock({ $0.replies[command] }) else { throw CancellationError() }
        return reply
    }

    /// Waits for so many errors, of commands and of the connection together.
    func errors(atLeast count: Int) async throws {
        try await until("\(name): \(count) errors") { $0.failures.count + $0.connectionErrors.count >= count }
    }

    /// Waits for the end of the connection.
    func closed() async throws -> CloseStatus {
        try await until("\(name) is closed") { $0.closed != nil }
        return state.withLock { $0.closed } ?? .lost("")
    }

    private func until(_ what: String, _ condition: (State) -> Bool) async throws {
        try await eventually(what, within: .seconds(30)) { state.withLock { condition($0) } }
    }

    private func received(_ event: ServerEvent) {
        state.withLock { state in
            switch event {
            case .connectionReady: state.isReady = true
            case .connectionError(let error): state.connectionErrors.append(error)
            case .queued(let queued): state.answers[queued.requestID, default: .init()].received(queued)
            case .streamingStart(let start): state.answers[start.requestID, default: .init()].received(start)
            case .streamingChunk(let chunk): state.answers[chunk.requestID, default: .init()].received(chunk)
            case .streamingRestart(let restart): state.answers[restart.requestID, default: .init()].received(restart)
            case .streamingComplete(let end): state.answers[end.requestID, default: .init()].received(end)
            case .streamingError(let end): state.answers[end.requestID, default: .init()].received(end)
            case .success(let success):
                if state.replies.updateValue(.success(success.result), forKey: success.requestID) != nil {
                    state.violations.append("\(name): a second answer to one command")
                }
                guard let target = state.stopTargets[success.requestID] else { return }
                if state.answers[target, default: .init()].acknowledgement == nil {
                    state.answers[target, default: .init()].acknowledgement = success.result
                }
            case .authenticated: break
            case .failure(let failure):
                state.failures.append(failure)
                if let id = failure.requestID.flatMap({ RequestID($0) }) { state.replies[id] = .failure(failure) }
            }
        }
    }

    // MARK: What is said

    func post(_ id: RequestID, _ command: ClientEvent.Command) async throws {
        if case .stop(let stop) = command, let target = stop.requestID ?? stop.messageID?.request {
            state.withLock { $0.stopTargets[id] = target }
        }
        try await connection.send(ClientEvent(id: id, command: command))
    }

    /// Sends a frame as it stands, also one that no client should send.
    func post(_ opcode: WebSocketOpcode, _ data: ByteBuffer) async throws {
        let channel = connection.channel
        try await channel.eventLoop.flatSubmit {
            do {
                let context = try channel.pipeline.syncOperations.context(handlerType: FrontendChannelHandler.self)
                let promise = channel.eventLoop.makePromise(of: Void.self)
                let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
                context.writeAndFlush(NIOAny(frame), promise: promise)
                return promise.futureResult
            } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
        }.get()
    }

    /// Cuts the connection without a goodbye.
    func cut() async throws {
        try? await connection.channel.close()
        _ = try await closed()
    }

    /// Says goodbye.
    func leave() async { if isOpen { await connection.close() } }
}
