package import AsyncHTTPClient
package import NIOCore
package import NIOHTTP1
private import Shared

/// Turns the pieces of an engine's response into steps, as they come. The pace is the consumer's: while its pipe is full, nothing
/// is read from the engine.
///
/// `@unchecked Sendable`: the client calls it on `eventLoop`, as asked for, and it is touched nowhere else.
package final class OpenAIResponse: HTTPClientResponseDelegate, @unchecked Sendable {
    package typealias Response = Void

    private enum State {
        case waiting
        case streaming
        /// An error's body is being read.
        case refused(HTTPResponseStatus, body: [UInt8])
        case done
    }

    /// Where the steps go.
    package let pipe: TokenPipe

    private let configuration: OpenAIConfiguration
    private let eventLoop: any EventLoop
    private let room: RoomPromise
    private var parser: ServerSentEventParser
    private var state = State.waiting
    private var finishReason: String?
    private var usage: Usage?
    private var deadline: Scheduled<Void>?

    /// Steps that wait for the consumer before the engine does.
    private static let capacity = 64
    private static let maximumErrorBytes = 8 << 10
    private static let maximumMessageBytes = 512

    package init(configuration: OpenAIConfiguration, eventLoop: any EventLoop) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.parser = ServerSentEventParser(maximumBytes: configuration.maximumEventBytes)
        let room = RoomPromise(eventLoop)
        self.room = room
        pipe = TokenPipe(capacity: Self.capacity) { room.open() }
    }

    // MARK: HTTPClientResponseDelegate

    package func didSendRequest(task: HTTPClient.Task<Void>) {
        expect(within: configuration.firstByteTimeout, "the engine did not answer in time", task)
    }

    package func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        state = head.status == .ok ? .streaming : .refused(head.status, body: [])
        return eventLoop.makeSucceededVoidFuture()
    }

    package func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        deadline?.cancel()
        var hasRoom = true
        switch state {
        case .waiting, .done: break
        case .refused(let status, var body):
            body.append(contentsOf: buffer.readableBytesView.prefix(max(Self.maximumErrorBytes - body.count, 0)))
            state = .refused(status, body: body)
        case .streaming:
            do {
                try buffer.withUnsafeReadableBytes { bytes in
                    try parser.read(bytes) { event in if try !received(event) { hasRoom = false } }
                }
            } catch {
                fail(
                    error as? GenerationError
                        ?? GenerationError(.backendError, "the engine sent an event that is too long"))
                task.cancel()
            }
        }
        guard hasRoom else {
            return room.future().map {
                // The request may be over, and then nothing is expected.
                if case .done = self.state { return }
                self.expect(within: self.configuration.idleTimeout, "the engine fell silent", task)
            }
        }
        expect(within: configuration.idleTimeout, "the engine fell silent", task)
        return eventLoop.makeSucceededVoidFuture()
    }

    package func didFinishRequest(task: HTTPClient.Task<Void>) throws {
        deadline?.cancel()
        switch state {
        case .done: break
        case .refused(let status, let body): fail(OpenAIRefusal(status: status, error: Self.refusal(status, body)))
        case .streaming where finishReason != nil: end()
        case .waiting, .streaming: fail(GenerationError(.backendError, "the engine's answer broke off"))
        }
    }

    package func didReceiveError(task: HTTPClient.Task<Void>, _ error: any Error) {
        deadline?.cancel()
        // Nobody makes room any more; the client, which waits for it, and this would hold each other for good.
        defer { room.open() }
        switch error as? HTTPClientError {
        case .connectTimeout?, .tlsHandshakeTimeout?, .getConnectionFromPoolTimeout?:
            fail(GenerationError(.backendTimeout, "the engine could not be reached in time"))
        default:
            if case .waiting = state { return fail(GenerationError(.backendError, "the engine could not be reached")) }
            fail(GenerationError(.backendError, "the engine's answer broke off"))
        }
    }

    // MARK: Events

    /// Returns whether the consumer has room for more.
    private func received(_ event: ServerSentEventParser.Event) throws(GenerationError) -> Bool {
        if case .done = state { return true }
        if event.data.elementsEqual("[DONE]".utf8) {
            end()
            return true
        }
        let chunk: OpenAIChunk
        do { chunk = try OpenAIChunk(json: event.data) } catch {
            throw GenerationError(.backendError, "the engine sent an event that cannot be read")
        }
        if let message = chunk.errorMessage { throw Self.engineError(.backendError, message) }
        if let counts = chunk.usage {
            usage = Usage(inputTokens: counts.promptTokens ?? 0, outputTokens: counts.completionTokens ?? 0)
        }
        if let reason = chunk.first?.finishReason { finishReason = reason.truncated(toBytes: 64) }
        guard let text = chunk.first?.delta?.content, !text.isEmpty else { return true }
        return pipe.push(.token(GeneratedToken(text)))
    }

    private func end() {
        state = .done
        _ = pipe.push(.end(.finished(reason: finishReason ?? "stop", usage: usage)))
        pipe.finish()
    }

    private func fail(_ error: any Error) {
        if case .done = state { return }
        state = .done
        pipe.finish(throwing: error)
    }

    private func expect(within time: TimeAmount, _ message: String, _ task: HTTPClient.Task<Void>) {
        deadline?.cancel()
        deadline = eventLoop.scheduleTask(in: time) {
            self.fail(GenerationError(.backendTimeout, message))
            task.cancel()
        }
    }

    private static func refusal(_ status: HTTPResponseStatus, _ body: [UInt8]) -> GenerationError {
        let message = (try? OpenAIChunk(json: body))?.errorMessage ?? ""
        return engineError(
            status == .tooManyRequests ? .rateLimitExceeded : .backendError,
            message.isEmpty ? "status \(status.code)" : "status \(status.code): \(message)")
    }

    private static func engineError(_ code: ErrorCode, _ words: String) -> GenerationError {
        let words = words.isEmpty ? "no reason given" : words.truncated(toBytes: maximumMessageBytes)
        return GenerationError(code, "the engine refused: \(words)")
    }
}

/// The engine answered with an error.
struct OpenAIRefusal: Error {
    var status: HTTPResponseStatus
    /// What the client is told.
    var error: GenerationError

    /// Whether the same question without a beginning of the answer may be taken: engines that do not continue an answer say so with
    /// a variety of codes.
    var mayConcernThePrefix: Bool {
        switch status {
        case .badRequest, .unprocessableEntity, .internalServerError, .notImplemented: true
        default: false
        }
    }
}

/// The future of the next room in the pipe. `@unchecked Sendable`: made and completed on one event loop.
private final class RoomPromise: @unchecked Sendable {
    private let eventLoop: any EventLoop
    private var promise: EventLoopPromise<Void>?

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func future() -> EventLoopFuture<Void> {
        let promise = self.promise ?? eventLoop.makePromise()
        self.promise = promise
        return promise.futureResult
    }

    func open() {
        eventLoop.execute {
            self.promise?.succeed()
            self.promise = nil
        }
    }

    deinit { promise?.succeed() }
}
