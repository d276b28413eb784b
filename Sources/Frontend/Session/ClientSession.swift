import Logging
import NIOCore
import Shared

/// What one client says and is told over `/ws`: many requests at once, each started, stopped or resumed by a command.
///
/// Bound to its connection's event loop, whose broker it uses: commands are carried out in the order in which they came. After
/// the acknowledgement of a stop no chunk of its request is sent. A slow client's streams pause where they are, and go on from
/// the log.
final class ClientSession: WebSocketSession {
    let loop: FrontendLoop
    var speaker: SpeakerStateMachine
    let logger: Logger
    /// From `opened` to `closed`.
    private(set) var connection: (any WebSocketConnection)?
    var machine: ClientSessionStateMachine
    var streams: [RequestID: ClientStream] = [:]
    /// Receipts whose text cannot be handed over while the client is slow.
    var waitingReceipts: [(stream: ClientStream, receipt: ClientSessionStateMachine.Receipt)] = []
    /// Messages whose request is on its way here already, until it is known what becomes of it; and those that are known to name the request
    /// that is about to start, until it does.
    var waitingSends: [RequestID: [SendCommand]] = [:]
    /// Resumes of requests that are about to start here, until they do or it is known that they do not.
    var waitingResumes: [RequestID: [(id: RequestID, command: ResumeCommand)]] = [:]
    /// Requests this session counts as a viewer of.
    private(set) var viewed: Set<RequestID> = []
    /// How fast requests are sent here.
    var requestRate = RateLimiter()
    /// Commands that have not been answered.
    private var commandsUnderWay = 0
    private(set) var isClosed = false
    /// Stops of this connection whose ending has not been handed over.
    var settling = SettlingStops()

    /// The limit on saying who one is, or the end of what proved it.
    var authenticationTimer: Scheduled<Void>?

    init(loop: FrontendLoop, speaker: WebSocketAdmission.Speaker) {
        self.loop = loop
        self.speaker = SpeakerStateMachine(speaker)
        logger = loop.logger
        machine = ClientSessionStateMachine(streamLimit: loop.configuration.maximumStreams)
    }

    // MARK: The connection

    func opened(_ connection: any WebSocketConnection) {
        self.connection = connection
        welcome(connection)
    }

    func received(text: ByteBuffer) {
        let event: ClientEvent
        do {
            event = try loop.decoder.decode(text)
        } catch {
            loop.metrics.commandFailed(.invalidRequest)
            return tell(error.event)
        }
        guard admits(event) else { return }
        let limit = commandLimit(event.command)
        guard commandsUnderWay < limit else {
            let refusal = AdmissionRefusal(.connectionCommands, limit: limit)
            loop.metrics.refused(refusal.bound)
            return tellFailure(refusal.failure(of: event.id))
        }
        commandsUnderWay += 1
        switch event.command {
        case .send(let command): send(event.id, command)
        case .stop(let command): stop(event.id, command)
        case .resume(let command): resume(event.id, command)
        case .authenticate(let command): authenticate(event.id, command)
        }
    }

    /// How many commands may be under way for this one to be taken. Other commands leave as much room again for stops.
    private func commandLimit(_ command: ClientEvent.Command) -> Int {
        if case .stop = command { 2 * loop.configuration.maximumCommands } else { loop.configuration.maximumCommands }
    }

    func received(binary: ByteBuffer) {
        loop.metrics.commandFailed(.invalidRequest)
        tell(.connectionError(ConnectionError(errorCode: .invalidRequest, message: "events are text frames of JSON")))
    }

    func outboundPaused() {
        loop.metrics.streamsPaused()
        for stream in streams.values { stream.subscriber?.pause() }
    }

    func outboundResumed() {
        for stream in streams.values { stream.subscriber?.resume() }
        let receipts = waitingReceipts
        waitingReceipts = []
        for (stream, receipt) in receipts { flush(stream, receipt) }
    }

    func closed() {
        isClosed = true
        connection = nil
        authenticationTimer?.cancel()
        for stream in streams.values {
            stream.subscriber?.cancel()
            loop.positions.leave(stream)
        }
        streams = [:]
        waitingReceipts = []
        waitingSends = [:]
        waitingResumes = [:]
        settling = SettlingStops()
        let viewed = viewed
        self.viewed = []
        for request in viewed { loop.registry.viewerLeft(request) }
    }

    // MARK: Answers

    /// A command has its answer.
    func answered(_ event: ServerEvent) {
        commandsUnderWay -= 1
        if case .failure(let failure) = event { loop.metrics.commandFailed(failure.errorCode) }
        tell(event)
    }

    /// A command has its answer: a bound is reached.
    func answered(_ id: RequestID, _ refusal: AdmissionRefusal) {
        loop.metrics.refused(refusal.bound)
        answered(.failure(refusal.failure(of: id)))
    }

    /// A command has its answer in an event that was sent for another.
    func answeredAlready() { commandsUnderWay -= 1 }

    func tell(_ event: ServerEvent) {
        guard let connection else { return }
        connection.send(text: loop.encoder.encode(event))
    }

    func tellFailure(_ failure: CommandFailure) {
        loop.metrics.commandFailed(failure.errorCode)
        tell(.failure(failure))
    }

    // MARK: Viewers

    func view(_ request: RequestID) {
        if !isClosed, viewed.insert(request).inserted { loop.registry.viewerJoined(request) }
    }

    /// The request has ended, or was never one.
    func leave(_ request: RequestID) {
        if viewed.remove(request) != nil { loop.registry.viewerLeft(request) }
    }
}
