import Shared

/// A conversation with a frontend, one request at a time, across reconnects: what `chat` and `send` share. Pure.
///
/// A request goes on over a lost connection: unanswered it is sent again with the same id, which joins it; answered it is
/// resumed behind the last chunk. A stop that was wished while there was no connection is sent with the next one. After the
/// acknowledgement of a stop no text is shown.
struct ConversationStateMachine {
    enum Action: Hashable {
        case transmit(ClientEvent)
        /// The request is accepted.
        case started(StreamingStart)
        /// No worker has taken it; this many jobs are before it.
        case waits(ahead: UInt64)
        /// A worker has it now.
        case taken
        /// More text of the answer.
        case show(String)
        /// The answer begins anew: the text shown so far is void.
        case restarted
        /// The stop is durable.
        case stopAcknowledged(StopOutcome)
        /// Something the person should know; the conversation goes on.
        case notice(String)
        /// The request ended; another may be begun.
        case ended(Answer)
    }

    /// What an interrupt meant.
    enum Interruption: Hashable {
        /// There is nothing to stop: the person wants to leave.
        case leave
        /// A stop (the first time) or a kill (the second) is on its way.
        case stop(StopIntent.Mode)
    }

    private struct Running {
        var id: RequestID
        var command: SendCommand
        var answer: Answer
        var isStarted = false
        var resumeID: RequestID?
        var stop: StopCommand?
        var stopID: RequestID?
        var isAcknowledged = false
    }

    private enum State {
        case idle
        case running(Running)
    }

    private var state = State.idle
    private var isConnected = false
    /// The conversation, once the frontend has named it.
    private(set) var sessionID: SessionID?
    private let makeID: () -> RequestID
    private let keepsContent: Bool

    /// Bytes of content that an answer keeps.
    static let maximumContentBytes = 16 << 20

    init(sessionID: SessionID? = nil, keepsContent: Bool = false, makeID: @escaping () -> RequestID = RequestID.random)
    {
        self.sessionID = sessionID
        self.keepsContent = keepsContent
        self.makeID = makeID
    }

    var isRunning: Bool {
        switch state {
        case .idle: false
        case .running: true
        }
    }

    // MARK: The person

    /// Something is said. Only while no request runs.
    mutating func said(_ command: SendCommand, id: RequestID? = nil) -> [Action] {
        guard case .idle = state else { preconditionFailure("a request is running") }
        var command = command
        command.sessionID = command.sessionID ?? sessionID
        let id = id ?? makeID()
        let answer = Answer(requestID: id, sessionID: command.sessionID, state: .failed, content: "")
        state = .running(Running(id: id, command: command, answer: answer))
        return isConnected ? [.transmit(ClientEvent(id: id, command: .send(command)))] : []
    }

    /// Ctrl-C.
    mutating func interrupted() -> (Interruption, [Action]) {
        switch state {
        case .idle: return (.leave, [])
        case .running(var running):
            guard running.stop?.mode != .kill else { return (.leave, []) }
            let mode: StopIntent.Mode = running.stop == nil ? .stop : .kill
            running.stop = StopCommand(requestID: running.id, mode: mode)
            running.stopID = makeID()
            state = .running(running)
            return (.stop(mode), isConnected ? stopEvents(running) : [])
        }
    }

    // MARK: The connection

    mutating func connected() -> [Action] {
        isConnected = true
        guard case .running(var running) = state else { return [] }
        guard running.isStarted else {
            return [.transmit(ClientEvent(id: running.id, command: .send(running.command)))] + stopEvents(running)
        }
        let resumeID = makeID()
        running.resumeID = resumeID
        state = .running(running)
        let resume = ResumeCommand(requestID: running.id, after: running.answer.cursor)
        return stopEvents(running) + [.transmit(ClientEvent(id: resumeID, command: .resume(resume)))]
    }

    mutating func disconnected() { isConnected = false }

    /// The connection is lost for good: a running request ends here as failed. The frontend goes on with it for its grace.
    mutating func gaveUp(_ reason: String) -> [Action] {
        isConnected = false
        guard case .running(let running) = state else { return [] }
        return end(running, .failed, error: .init(message: reason))
    }

    mutating func received(_ event: ServerEvent) -> [Action] {
        switch state {
        case .idle: return Self.notice(of: event)
        case .running(let running): return received(event, running)
        }
    }

    private mutating func received(_ event: ServerEvent, _ present: Running) -> [Action] {
        var running = present
        switch event {
        case .connectionReady: return []
        case .connectionError(let error): return [.notice("\(error.errorCode.rawValue): \(error.message)")]
        case .streamingStart(let start):
            guard start.requestID == running.id else { return [] }
            let isFirst = !running.isStarted
            running.isStarted = true
            running.answer.messageID = start.messageID
            running.answer.sessionID = start.sessionID
            sessionID = start.sessionID
            state = .running(running)
            return isFirst ? [.started(start)] : []
        case .queued(let queued):
            guard queued.requestID == running.id else { return [] }
            return [queued.position == 0 ? .taken : .waits(ahead: queued.position - 1)]
        case .streamingChunk(let chunk):
            guard chunk.requestID == running.id, running.answer.cursor.map({ $0 < chunk.cursor }) ?? true else {
                return []
            }
            running.answer.cursor = chunk.cursor
            let text = chunk.chunk.content
            if keepsContent, running.answer.content.utf8.count + text.utf8.count <= Self.maximumContentBytes {
                running.answer.content += text
            }
            state = .running(running)
            return [.show(text)]
        case .streamingRestart(let restart):
            guard restart.requestID == running.id, running.answer.cursor.map({ $0 < restart.cursor }) ?? true else {
                return []
            }
            running.answer.cursor = restart.cursor
            running.answer.content = ""
            state = .running(running)
            return [.restarted]
        case .streamingComplete(let complete):
            guard complete.requestID == running.id else { return [] }
            return end(running, complete.metadata)
        case .streamingError(let error):
            guard error.requestID == running.id else { return [] }
            return end(running, .failed, error: .init(errorCode: error.errorCode, message: error.message))
        case .success(let success):
            guard success.requestID == running.stopID, !running.isAcknowledged else { return [] }
            running.isAcknowledged = true
            state = .running(running)
            return [.stopAcknowledged(success.result.outcome)]
        case .authenticated: return []
        case .failure(let failure):
            let error = Answer.Failure(errorCode: failure.errorCode, message: failure.message)
            switch failure.requestID {
            case running.id.text, running.resumeID?.text: return end(running, .failed, error: error)
            default: return [.notice("\(failure.errorCode.rawValue): \(failure.message)")]
            }
        }
    }

    // MARK: Inside

    private mutating func end(_ running: Running, _ metadata: StreamingComplete.Metadata) -> [Action] {
        var running = running
        running.answer.finishReason = metadata.finishReason
        running.answer.usage = metadata.usage
        running.answer.stop = metadata.stop
        return end(running, metadata.isComplete ? .completed : .cancelled, error: nil)
    }

    private mutating func end(_ running: Running, _ ending: Answer.State, error: Answer.Failure?) -> [Action] {
        var answer = running.answer
        answer.state = ending
        answer.error = error
        state = .idle
        return [.ended(answer)]
    }

    private func stopEvents(_ running: Running) -> [Action] {
        guard let stop = running.stop, let id = running.stopID, !running.isAcknowledged || stop.mode == .kill else {
            return []
        }
        return [.transmit(ClientEvent(id: id, command: .stop(stop)))]
    }

    private static func notice(of event: ServerEvent) -> [Action] {
        switch event {
        case .connectionError(let error): [.notice("\(error.errorCode.rawValue): \(error.message)")]
        case .failure(let failure): [.notice("\(failure.errorCode.rawValue): \(failure.message)")]
        case .connectionReady, .queued, .streamingStart, .streamingChunk, .streamingRestart, .streamingComplete,
            .streamingError, .success, .authenticated:
            []
        }
    }
}
