import Logging
import NIOCore
import NIOEmbedded
import Shared
import TestSupport
import Testing

@testable import Frontend

/// A connection that keeps what is sent.
final class RecordingConnection: WebSocketConnection {
    var isOutboundPaused = false
    var writes = 0
    var frames: [ByteBuffer] = []
    var closeCode: CloseCode?
    var messageLimit: Int?

    func send(_ opcode: WebSocketFrameHeader.Opcode, length: Int, urgent: Bool, write: (inout ByteBuffer) -> Void) {
        var frame = ByteBuffer()
        write(&frame)
        #expect(frame.readableBytes == length)
        frames.append(frame)
    }

    func close(_ code: CloseCode, reason: String) { closeCode = code }
    func limitMessages(to bytes: Int?) { messageLimit = bytes }
}

/// A frontend's event loop by hand, on an in-memory broker, with a worker that does what the test says.
final class SessionBench {
    let eventLoop = EmbeddedEventLoop()
    let store: InMemoryStore
    let broker: InMemoryBroker
    let loop: FrontendLoop
    let watched: WatchedRequests
    let registry = PrometheusRegistry(nodeHelp: FrontendMetrics.help)
    private var attempts: [RequestID: UInt64] = [:]

    /// A frontend. One on the store of another stands for a second node; one that shares its watches too, for a second loop of it.
    init(
        store: InMemoryStore = InMemoryStore(), watchLimit: Int = 100, watched: WatchedRequests? = nil,
        authenticator: any Authenticator = AnonymousAuthenticator(),
        _ configure: (inout FrontendConfiguration) -> Void = { _ in }
    ) {
        self.store = store
        store.stopClock()
        self.watched = watched ?? WatchedRequests(limit: watchLimit)
        var configuration = FrontendConfiguration()
        configure(&configuration)
        broker = InMemoryBroker(store, on: eventLoop)
        loop = FrontendLoop(
            broker: broker, watched: self.watched, progress: QueueProgress(period: .milliseconds(900)),
            owners: configuration.admission.ownerRate.map { OwnerRates(limit: $0) },
            configuration: configuration, authenticator: authenticator,
            metrics: FrontendMetrics(registry: registry), logger: Logger(label: "test"))
    }

    /// What was counted.
    func metrics() throws -> PrometheusPage { try PrometheusPage(registry.render()) }

    func connect(_ owner: String = "anonymous") -> Client {
        connect(.known(Identity(owner: owner)))
    }

    func connect(_ speaker: WebSocketAdmission.Speaker) -> Client {
        let client = Client(self, ClientSession(loop: loop, speaker: speaker))
        client.session.opened(client.connection)
        return client
    }

    /// One client and what it was told.
    final class Client {
        let session: ClientSession
        let connection = RecordingConnection()
        private let bench: SessionBench
        private var read = 0

        init(_ bench: SessionBench, _ session: ClientSession) {
            self.bench = bench
            self.session = session
        }

        func say(_ event: ClientEvent) { session.received(text: ClientEventEncoder().encode(event)) }

        func send(_ id: RequestID, _ content: String = "hi", _ change: (inout SendCommand) -> Void = { _ in }) {
            var command = SendCommand(content: content)
            change(&command)
            say(ClientEvent(id: id, command: .send(command)))
        }

        func stop(_ id: RequestID, command: RequestID = .random()) {
            say(ClientEvent(id: command, command: .stop(StopCommand(requestID: id))))
        }

        func resume(_ id: RequestID, after: EntryID? = nil, command: RequestID = .random()) {
            say(ClientEvent(id: command, command: .resume(ResumeCommand(requestID: id, after: after))))
        }

        func show(_ token: String, command: RequestID = .random()) {
            say(ClientEvent(id: command, command: .authenticate(AuthCommand(token: token))))
        }

        /// What was told since the last time.
        func events() throws -> [ServerEvent] {
            bench.eventLoop.run()
            defer { read = connection.frames.count }
            return try connection.frames[read...].map { try #require(try ServerEventDecoder().decode($0)).event }
        }

        func leave() { session.closed() }
    }

    // MARK: The worker

    func claim(_ id: RequestID) throws {
        let job = GenerationJob(requestID: id, sessionID: .random(), owner: "", content: "")
        let future = broker.claim(JobDelivery(queue: "default", entryID: "1-0", job: job), worker: "w")
        eventLoop.run()
        guard case .claimed(let attempt, _, _, _) = try future.wait() else {
            Issue.record("the request was not to be claimed")
            return
        }
        attempts[id] = attempt
    }

    func append(_ id: RequestID, _ index: UInt64, _ text: String) throws -> AppendOutcome {
        let attempt = try #require(attempts[id])
        let future = broker.append(
            [TokenChunk(id: EntryID(attempt: attempt, index: index), text: text, tokens: 1)], to: id)
        eventLoop.run()
        return try future.wait()
    }

    func restart(_ id: RequestID, _ index: UInt64) throws {
        let attempt = try #require(attempts[id])
        _ = broker.append([.restart(EntryID(attempt: attempt, index: index))], to: id)
        eventLoop.run()
    }

    func finish(_ id: RequestID, failure: Ending.Failure? = nil) throws {
        let attempt = try #require(attempts[id])
        let ending =
            failure == nil
            ? AttemptEnding(state: .completed, finishReason: "stop")
            : AttemptEnding(state: .failed, finishReason: "error", error: failure)
        _ = broker.finish(id, attempt: attempt, ending: ending)
        eventLoop.run()
    }
}

extension [ServerEvent] {
    /// The types, for transcripts.
    var types: [String] { map(\.type) }

    /// The text of all chunks.
    var text: String {
        compactMap { if case .streamingChunk(let chunk) = $0 { chunk.chunk.content } else { nil } }.joined()
    }

    var failures: [ErrorCode] {
        compactMap { if case .failure(let failure) = $0 { failure.errorCode } else { nil } }
    }

    var outcomes: [StopOutcome] {
        compactMap { if case .success(let success) = $0 { success.result.outcome } else { nil } }
    }
}
