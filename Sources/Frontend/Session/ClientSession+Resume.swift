import NIOCore
import Shared

/// `message.resume`.
extension ClientSession {
    /// How long it may take from acceptance until the job is in its queue, and how often that is looked at.
    private static let queueingLimit = TimeAmount.seconds(5)
    private static let queueingPeriod = TimeAmount.milliseconds(250)

    func resume(_ id: RequestID, _ command: ResumeCommand) {
        let request = command.requestID
        switch machine.resumeReceived(request) {
        case .look:
            look(id, request, after: command.after ?? .start, waitingUntil: loop.eventLoop.now + Self.queueingLimit)
        case .alreadyStreaming:
            guard let stream = streams[request] else { return answeredAlready() }
            answered(.streamingStart(start(request, stream.sessionID, resumed: true)))
        case .soon:
            waitingResumes[request, default: []].append((id, command))
        case .refuse:
            answered(id, AdmissionRefusal(.connectionStreams, limit: loop.configuration.maximumStreams))
        }
    }

    /// The client was told of the start: that answers all who waited for it.
    func waitersAreAnswered(_ request: RequestID) {
        resumesAreAnswered(request)
        for _ in waitingSends.removeValue(forKey: request) ?? [] { answeredAlready() }
    }

    private func resumesAreAnswered(_ request: RequestID) {
        for _ in waitingResumes.removeValue(forKey: request) ?? [] { answeredAlready() }
    }

    /// Finds out where `request` stands, and hands over what comes behind `cursor`, from its log or, where that is gone, its message.
    ///
    /// One whose job is in no queue is looked at again until `deadline`, and then refused: nobody will ever answer it. Nil where the
    /// client has just sent the request, which puts the job into its queue.
    func look(
        _ id: RequestID, _ request: RequestID, after cursor: EntryID, waitingUntil deadline: NIODeadline? = nil
    ) {
        let identity = identity
        loop.ask { $0.request(request) }.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let record?) where identity.mayTouch(record.owner):
                machine.found(request)
                sendWaiting(request)
                if record.state.isEnded { loop.registry.ended(request) }
                // Seals and endings are told without a cursor: one that names them came from nowhere.
                guard cursor.attempt <= record.attempt, cursor.index < EntryID.sealIndex else {
                    return giveUp(
                        request,
                        CommandFailure(
                            requestID: id.text, errorCode: .invalidRequest,
                            message: "payload.after is not a cursor of it",
                            details: ["field": .string("payload.after")]))
                }
                if record.state.isEnded {
                    replay(id, request, in: record.sessionID, after: cursor)
                } else if let deadline, record.state == .queued, record.jobEntryID == nil {
                    lookAgain(id, record, after: cursor, until: deadline)
                } else {
                    join(id, record, after: cursor)
                }
            // What belongs to somebody else is looked for as long as what does not exist.
            case .success:
                completeFromMessage(id, request)
            case .failure(let error):
                giveUp(request, CommandFailure(of: error, command: id))
            }
        }
    }

    /// The job of the request is about to be put into its queue; or the frontend that was to do it died.
    private func lookAgain(_ id: RequestID, _ record: RequestRecord, after cursor: EntryID, until deadline: NIODeadline)
    {
        let request = record.id
        let oldest = Timestamp.now().microseconds - Self.queueingLimit.nanoseconds / 1000
        guard record.createdAt.microseconds > oldest, loop.eventLoop.now < deadline else {
            return giveUp(
                request,
                CommandFailure(
                    requestID: id.text, errorCode: .invalidRequest,
                    message: "the request was accepted, but its job was never put in a queue: send the message again",
                    details: ["field": .string("payload.request_id")]))
        }
        loop.eventLoop.assumeIsolated().scheduleTask(in: Self.queueingPeriod) { [self] in
            if !isClosed { look(id, request, after: cursor, waitingUntil: deadline) }
        }
    }

    /// The request goes on: it is watched here as well, for the frontend that accepted it may be gone; then it streams.
    private func join(_ id: RequestID, _ record: RequestRecord, after cursor: EntryID) {
        let request = record.id
        guard !isClosed else { return }
        // By an operator's leaving nothing is decided.
        if !viewed.contains(request), record.owner == identity.owner {
            guard
                let watch = loop.registry.prepare(
                    request, of: record.owner, policy: DisconnectPolicy(grace: record.disconnectGrace))
            else {
                answered(id, tooManyWatched)
                return settle(request)
            }
            // Whether its time is limited, and how much is left, only Redis knows.
            loop.registry.adopt(watch, expiresIn: .zero)
            view(request)
            learn(request)
        }
        loop.registry.learned(record)
        whenWatched(request) { [self] in
            guard !isClosed else { return }
            // What was taken and given back is taken again at once.
            let isWaiting = record.state == .queued && record.attempt == 0
            open(
                request, in: record.sessionID, after: cursor, resumed: true, command: id,
                jobNumber: isWaiting ? record.jobNumber : nil)
        }
    }

    /// The request has ended: the rest of its log, or, where that is gone, its saved message.
    private func replay(_ id: RequestID, _ request: RequestID, in sessionID: SessionID, after cursor: EntryID) {
        loop.ask { $0.entries(of: request, after: cursor, limit: 1) }.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let entries) where entries.isEmpty:
                completeFromMessage(id, request)
            case .success:
                if !isClosed { open(request, in: sessionID, after: cursor, resumed: true, command: id) }
            case .failure(let error):
                giveUp(request, CommandFailure(of: error, command: id))
            }
        }
    }

    /// Tells the ending of `request` alone, as the saved message has it.
    func completeFromMessage(_ id: RequestID, _ request: RequestID) {
        let scope = identity.scope
        loop.ask { $0.message(request.message, scope: scope) }.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let message?) where message.requestID == request:
                guard let ending = message.ending else { return giveUp(request, Self.notFound(id)) }
                answered(.streamingStart(start(request, message.sessionID, resumed: true)))
                resumesAreAnswered(request)
                tell(ending.event(of: request))
                settle(request)
            case .success:
                giveUp(request, Self.notFound(id))
            case .failure(let error):
                giveUp(request, CommandFailure(of: error, command: id))
            }
        }
    }

    private static func notFound(_ id: RequestID) -> CommandFailure {
        CommandFailure(requestID: id.text, errorCode: .messageNotFound, message: "there is no such message")
    }

    func giveUp(_ request: RequestID, _ failure: CommandFailure) {
        answered(.failure(failure))
        settle(request)
    }

    /// The request does not stream here: stops that waited for it are answered, and what else waited is carried out now.
    func settle(_ request: RequestID) {
        leave(request)
        settling.forget(request)
        let (again, receipts) = machine.refused(request)
        for receipt in receipts { acknowledge(receipt, request) }
        for stop in again { record(stop, of: request) }
        sendWaiting(request)
        for (id, command) in waitingResumes.removeValue(forKey: request) ?? [] { resume(id, command) }
    }
}
