import FrontendClient
import NIOCore
import NIOHTTP1
import Shared
import TestSupport

/// A client as a user has it: it keeps a connection to some frontend while it wants something, comes back at another one when it loses
/// it, resumes what it had, repeats what was not answered, and takes down all it is told.
actor ChaosClient {
    /// A request that this client wants the ending of.
    private struct Want {
        var command: SendCommand?
        /// Whether it is resumed and not sent.
        var isStarted = false
        /// Whether this client was told of a start.
        var isTold = false
        var cursor: EntryID?
        var hasEnded = false
        /// Whether it was asked for on the present connection.
        var isAsked = false
    }

    /// A stop by WebSocket that is not acknowledged.
    private struct PendingStop {
        var request: RequestID
        var mode: StopIntent.Mode
        /// The command on the present connection.
        var command: RequestID?
    }

    let name: String
    private let deployment: Deployment
    private let history: HistoryWriter
    private var wants: [RequestID: Want] = [:]
    private var stops: [PendingStop] = []
    private var resumes: [RequestID: RequestID] = [:]
    private var connection: FrontendConnection?
    private var connections = 0
    private var turn: Int
    private var awayUntil = ContinuousClock.now
    private var slowUntil = ContinuousClock.now
    private var isSlow = false

    /// How long the frontend may take to answer a connection attempt.
    private static let connectTimeout = TimeAmount.seconds(2)
    private static let pause = Duration.milliseconds(20)

    /// `name` where it is none of the schedule's.
    init(_ number: Int, _ deployment: Deployment, _ history: HistoryWriter, name: String? = nil) {
        self.name = name ?? "client-\(number)"
        turn = number
        self.deployment = deployment
        self.history = history
    }

    /// What it waits for.
    var waiting: [RequestID] {
        wants.filter { !$0.value.hasEnded }.map(\.key) + stops.map(\.request)
    }

    // MARK: What the schedule says

    func send(_ request: RequestID, count: Int, interval: Int, onDisconnect: DisconnectPolicy) {
        let command = SendCommand(
            content: "Count.", parameters: ["count": .integer(Int64(count)), "interval_ms": .integer(Int64(interval))],
            onDisconnect: onDisconnect)
        wants[request] = Want(command: command)
        ask(request)
    }

    func watch(_ request: RequestID) {
        guard wants[request] == nil else { return }
        wants[request] = Want(isStarted: true)
        ask(request)
    }

    func stop(_ request: RequestID, mode: StopIntent.Mode) {
        stops.append(PendingStop(request: request, mode: mode))
        askStops()
    }

    func disconnect(away: Int) {
        awayUntil = .now + .milliseconds(away)
        connection?.cut()
    }

    func abandon(_ request: RequestID) {
        guard wants.removeValue(forKey: request) != nil else { return }
        history.note(.abandoned, by: name) { $0.request = request }
        disconnect(away: 0)
    }

    func readSlowly(for time: Int) {
        slowUntil = max(slowUntil, .now + .milliseconds(time))
        guard !isSlow else { return }
        isSlow = true
        history.note(.readsSlowly, by: name)
    }

    /// From now on it is neither slow nor away.
    func behave() {
        slowUntil = .now
        awayUntil = .now
    }

    /// Stops, by HTTP at some frontend, until one has answered.
    nonisolated func stopByHTTP(_ request: RequestID, mode: StopIntent.Mode) async {
        let deadline = ContinuousClock.now + .seconds(30)
        var turn = 0
        while ContinuousClock.now < deadline, !Task.isCancelled {
            turn += 1
            let frontend = deployment.frontends[turn % deployment.frontends.count]
            guard let url = frontend.url else {
                try? await Task.sleep(for: Self.pause)
                continue
            }
            history.note(.stopSent, by: name) { ($0.request, $0.way, $0.node) = (request, .http, frontend.name) }
            let answer = try? await HTTPTarget(url.httpBase).call(
                .DELETE, "/requests/\(request)?mode=\(mode.rawValue)&reason=\(name)&wait=100ms")
            switch answer?.status {
            case 200?, 202?:
                struct Answer: Decodable { var outcome: String }
                let outcome = try? answer?.decode(Answer.self).outcome
                return history.note(.stopAcknowledged, by: name) {
                    ($0.request, $0.way, $0.node, $0.outcome) = (request, .http, frontend.name, outcome ?? "")
                }
            case 404?:
                return history.note(.stopRefused, by: name) {
                    ($0.request, $0.way, $0.node, $0.outcome) = (request, .http, frontend.name, "404")
                }
            default: try? await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    /// Stops by a bare publish, as an operator does.
    nonisolated func publishStop(_ request: RequestID, mode: StopIntent.Mode) async {
        history.note(.stopSent, by: name) { ($0.request, $0.way) = (request, .publish) }
        let heard = await deployment.redis.publishStop(request, mode == .kill ? "kill" : "stop")
        history.note(heard == nil ? .stopRefused : .stopAcknowledged, by: name) {
            ($0.request, $0.way, $0.heard) = (request, .publish, heard)
        }
    }

    // MARK: Its connection

    /// Lives until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            guard !waiting.isEmpty, awayUntil <= .now, let (node, url) = frontend() else {
                try? await Task.sleep(for: Self.pause)
                continue
            }
            await serve(node, url)
        }
        connection?.cut()
    }

    /// The next frontend that runs.
    private func frontend() -> (Node, FrontendURL)? {
        turn += 1
        let node = deployment.frontends[turn % deployment.frontends.count]
        return node.url.map { (node, $0) }
    }

    private func serve(_ node: Node, _ url: FrontendURL) async {
        connections += 1
        let number = connections
        var options = FrontendConnection.Options()
        options.connectTimeout = Self.connectTimeout
        options.silence = .seconds(3)
        (options.lowWatermark, options.highWatermark) = (8, 32)
        let connection: FrontendConnection
        do {
            connection = try await FrontendConnection.connect(url, options: options)
        } catch {
            note(.connectFailed, number, node) { $0.note = "\(error)" }
            try? await Task.sleep(for: .milliseconds(100))
            return
        }
        note(.connected, number, node)
        self.connection = connection
        resumes = [:]
        for request in wants.keys.sorted(by: { $0.text < $1.text }) {
            wants[request]?.isAsked = false
            ask(request)
        }
        for place in stops.indices { stops[place].command = nil }
        askStops()
        if Task.isCancelled || awayUntil > .now { connection.cut() }
        for await event in connection.events {
            while slowUntil > .now, !Task.isCancelled { try? await Task.sleep(for: Self.pause) }
            if isSlow, slowUntil <= .now {
                isSlow = false
                history.note(.readsAgain, by: name)
            }
            received(event, number, node)
        }
        self.connection = nil
        let status = try? await connection.closed.get()
        note(.closed, number, node) { $0.note = status.map { "\($0)" } }
    }

    private func note(
        _ kind: HistoryEvent.Kind, _ connection: Int, _ node: Node, _ fill: (inout HistoryEvent) -> Void = { _ in }
    ) {
        history.note(kind, by: name) { event in
            event.connection = connection
            event.node = node.name
            fill(&event)
        }
    }

    // MARK: Asking

    /// Asks for a request on the present connection, if there is one and that was not done: sends it, or sends it again, until it is
    /// known to have started; from then on resumes it behind what this client has.
    private func ask(_ request: RequestID) {
        guard let connection, var want = wants[request], !want.hasEnded, !want.isAsked else { return }
        want.isAsked = true
        wants[request] = want
        if let command = want.command, !want.isStarted {
            history.note(.sent, by: name) { event in
                (event.request, event.connection) = (request, connections)
                event.count = command.parameters?["count"]?.int
                event.interval = command.parameters?["interval_ms"]?.int
                event.grace = command.onDisconnect?.grace
            }
            connection.post(ClientEvent(id: request, command: .send(command)))
        } else {
            let command = RequestID.random()
            resumes[command] = request
            history.note(.resumeSent, by: name) {
                ($0.request, $0.connection, $0.cursor) = (request, connections, want.cursor)
            }
            connection.post(
                ClientEvent(id: command, command: .resume(ResumeCommand(requestID: request, after: want.cursor))))
        }
    }

    private func askAgain(_ request: RequestID, in time: Duration) {
        // Outlives the event that made it necessary; the actor is gone with the round.
        Task {
            try? await Task.sleep(for: time)
            wants[request]?.isAsked = false
            ask(request)
        }
    }

    private func askStops() {
        guard let connection else { return }
        for place in stops.indices where stops[place].command == nil {
            let command = RequestID.random()
            stops[place].command = command
            let stop = stops[place]
            history.note(.stopSent, by: name) {
                ($0.request, $0.connection, $0.way) = (stop.request, connections, .webSocket)
            }
            connection.post(
                ClientEvent(
                    id: command,
                    command: .stop(StopCommand(requestID: stop.request, mode: stop.mode, reason: name))))
        }
    }

    // MARK: What it is told

    private func received(_ event: ServerEvent, _ number: Int, _ node: Node) {
        func note(_ kind: HistoryEvent.Kind, _ request: RequestID, _ fill: (inout HistoryEvent) -> Void = { _ in }) {
            self.note(kind, number, node) { event in
                event.request = request
                fill(&event)
            }
        }
        switch event {
        case .streamingStart(let start):
            wants[start.requestID]?.isStarted = true
            wants[start.requestID]?.isTold = true
            note(.started, start.requestID) { $0.note = start.resumed == true ? "resumed" : nil }
        case .streamingChunk(let chunk):
            wants[chunk.requestID]?.cursor = chunk.cursor
            note(.chunk, chunk.requestID) { ($0.cursor, $0.text) = (chunk.cursor, chunk.chunk.content) }
        case .streamingRestart(let restart):
            wants[restart.requestID]?.cursor = restart.cursor
            note(.restart, restart.requestID) { $0.cursor = restart.cursor }
        case .streamingComplete(let end):
            wants[end.requestID]?.hasEnded = true
            note(.completed, end.requestID) {
                ($0.outcome, $0.isComplete) = (end.metadata.finishReason, end.metadata.isComplete)
            }
        case .streamingError(let end):
            wants[end.requestID]?.hasEnded = true
            note(.errored, end.requestID) { ($0.outcome, $0.note) = (end.errorCode.rawValue, end.message) }
        case .success(let success):
            guard let place = stops.firstIndex(where: { $0.command == success.requestID }) else { return }
            let stop = stops.remove(at: place)
            note(.stopAcknowledged, stop.request) {
                ($0.way, $0.outcome) = (.webSocket, success.result.outcome.rawValue)
            }
        case .failure(let failure): refused(failure, number, node)
        case .connectionReady, .connectionError, .authenticated, .queued: break
        }
    }

    private func refused(_ failure: CommandFailure, _ number: Int, _ node: Node) {
        guard let command = failure.requestID.flatMap({ RequestID($0) }) else { return }
        func note(_ kind: HistoryEvent.Kind, _ request: RequestID) {
            self.note(kind, number, node) {
                ($0.request, $0.outcome, $0.note) = (request, failure.errorCode.rawValue, failure.message)
            }
        }
        // Redis is away for too long, or something is full.
        let isPassing = failure.errorCode == .internalError || failure.errorCode == .rateLimitExceeded
        if let place = stops.firstIndex(where: { $0.command == command }) {
            let request = stops[place].request
            note(.stopRefused, request)
            stops[place].command = nil
            guard isPassing else {
                stops.remove(at: place)
                return
            }
            Task {
                try? await Task.sleep(for: .milliseconds(300))
                askStops()
            }
            return
        }
        let request = resumes.removeValue(forKey: command) ?? command
        note(.refused, request)
        guard let want = wants[request] else { return }
        if !isPassing {
            if want.isTold, failure.errorCode == .messageNotFound {
                // It waits in vain: the checker tells.
                wants[request] = nil
                return
            }
            if want.command == nil {
                // Somebody else's, which was never accepted, or is not yet.
                wants[request] = nil
                return history.note(.abandoned, by: name) { $0.request = request }
            }
            // It was accepted and never queued: it is to be sent again, as the refusal says.
            wants[request]?.isStarted = false
        }
        askAgain(request, in: .milliseconds(300))
    }
}
