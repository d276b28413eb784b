import NIOCore
import Shared

/// `message.send`.
extension ClientSession {
    /// How long a start waits for the stop channel to be heard, where Redis is slow to confirm.
    private static let confirmationLimit = TimeAmount.seconds(2)

    func send(_ id: RequestID, _ command: SendCommand) {
        let action = machine.sendReceived(id)
        if action == .wait { return waitingSends[id, default: []].append(command) }
        guard action != .refuse else {
            return answered(id, AdmissionRefusal(.connectionStreams, limit: loop.configuration.maximumStreams))
        }
        let isNewHere = action == .submit
        let askedAt = loop.eventLoop.now
        if isNewHere, let refusal = loop.admission.tooFast(identity.owner, connection: &requestRate) {
            return refuse(id, refusal) { [self] in prepare(id, command, askedAt, isNewHere: true, isCounted: true) }
        }
        prepare(id, command, askedAt, isNewHere: isNewHere)
    }

    /// What becomes of `id` here is decided: what waited for that is sent now.
    func sendWaiting(_ id: RequestID) {
        guard let commands = waitingSends.removeValue(forKey: id) else { return }
        for command in commands { send(id, command) }
    }

    /// Finds the conversation, and publishes the request. One that is there already need not be counted.
    private func prepare(
        _ id: RequestID, _ command: SendCommand, _ askedAt: NIODeadline, isNewHere: Bool, isCounted: Bool = false
    ) {
        guard command.sessionID != nil || command.parentMessageID != nil else {
            return count(
                id,
                Message(
                    command: command, askedAt: askedAt, sessionID: .random(), isNew: true, isNewHere: isNewHere,
                    isCounted: isCounted))
        }
        findConversation(command).assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(.found(let sessionID, let messages)):
                count(
                    id,
                    Message(
                        command: command, askedAt: askedAt, sessionID: sessionID, isNew: false,
                        history: ConversationHistory(messages, limits: loop.configuration.history).turns,
                        isNewHere: isNewHere, isCounted: isCounted))
            case .success(.refused(let code, let field, let message)):
                refuse(
                    id, isNewHere: isNewHere,
                    CommandFailure(
                        requestID: id.text, errorCode: code, message: message, details: ["field": .string(field)]))
            case .failure(let error):
                refuse(id, isNewHere: isNewHere, CommandFailure(of: error, command: id))
            }
        }
    }

    /// What is about to be submitted.
    private struct Message: Sendable {
        var command: SendCommand
        /// When it arrived.
        var askedAt: NIODeadline
        var sessionID: SessionID
        var isNew: Bool
        var history: [GenerationJob.Turn] = []
        var isNewHere: Bool
        /// Whether it need not be counted, and was not.
        var isCounted: Bool
    }

    /// The conversation that a message continues.
    private enum Conversation: Sendable {
        case found(SessionID, [MessageRecord])
        case refused(ErrorCode, field: String, message: String)
    }

    /// Looks the conversation up by its own id, or by that of the parent. What belongs to somebody else does not exist.
    private func findConversation(_ command: SendCommand) -> EventLoopFuture<Conversation> {
        let owner = identity.owner
        let limits = loop.configuration.history
        return loop.ask { broker in
            let none = broker.eventLoop.makeSucceededFuture(MessageRecord?.none)
            return (command.parentMessageID.map { broker.message($0, scope: owner) } ?? none).flatMap { parent in
                if command.parentMessageID != nil, parent == nil {
                    return broker.eventLoop.makeSucceededFuture(
                        .refused(
                            .messageNotFound, field: "payload.parent_message_id", message: "there is no such message"))
                }
                guard let sessionID = command.sessionID ?? parent?.sessionID,
                    sessionID == parent?.sessionID ?? sessionID
                else {
                    return broker.eventLoop.makeSucceededFuture(
                        .refused(
                            .invalidRequest, field: "payload.parent_message_id",
                            message: "the parent is of another session"))
                }
                return broker.conversation(sessionID, scope: owner, limit: limits.messages, bytes: limits.bytes).map {
                    messages in
                    messages.map { .found(sessionID, $0) }
                        ?? .refused(
                            .sessionNotFound, field: "payload.session_id", message: "there is no such session")
                }
            }
        }
    }

    /// Counts the request among the open ones of its owner, then publishes it.
    private func count(_ id: RequestID, _ message: Message) {
        let owner = identity.owner
        guard message.isNewHere, !message.isCounted, let counted = loop.admission.count(id, of: owner, on: loop) else {
            return publish(id, message, wasCounted: false)
        }
        counted.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(.counted): publish(id, message, wasCounted: true)
            case .success(.present): publish(id, message, wasCounted: false)
            case .success(.full):
                refuse(id, loop.admission.tooMany) { [self] in publish(id, message, wasCounted: false) }
            case .failure(let error): refuse(id, isNewHere: true, CommandFailure(of: error, command: id))
            }
        }
    }

    /// Refuses a new request, unless it is there already: to join what is there is no new one.
    private func refuse(_ id: RequestID, _ refusal: AdmissionRefusal, unlessThere proceed: @escaping () -> Void) {
        loop.ask { $0.request(id) }.assumeIsolated().whenComplete { [self] result in
            if case .success(.some) = result { proceed() } else { refuse(id, refusal) }
        }
    }

    /// `wasCounted`: whether the request was counted for this.
    private func publish(_ id: RequestID, _ message: Message, wasCounted: Bool) {
        let (command, sessionID, isNewHere) = (message.command, message.sessionID, message.isNewHere)
        let owner = identity.owner
        let policy = command.onDisconnect ?? loop.configuration.disconnectPolicy
        // Whose the id is only the answer tells: until then nothing that others share is touched.
        let watch = isNewHere ? loop.registry.prepare(id, of: owner, policy: policy) : nil
        guard watch != nil || !isNewHere else {
            if wasCounted { loop.admission.discount(id, of: owner) }
            return refuse(id, tooManyWatched)
        }
        let job = GenerationJob(
            requestID: id, sessionID: sessionID, owner: owner, content: command.content,
            history: message.history,
            model: command.model, parameters: command.parameters ?? [:],
            disconnectGrace: policy.grace,
            timeLimits: loop.configuration.admission.timeLimits.tightened(by: command.timeLimits))
        let feed = EarlyFeed(of: id, on: loop.broker)
        let submitted = loop.jobs.submit(
            Submission(
                job: job, queue: loop.configuration.queue, parentMessageID: command.parentMessageID,
                isNewSession: message.isNew, queueLimit: loop.configuration.admission.maximumQueueLength),
            onAccepted: feed.listen)
        func notThere() {
            feed.leave()
            if let watch { loop.registry.abandon(watch) }
        }
        // Recorded now, they reach Redis behind the submission.
        for stop in isNewHere ? machine.published(id) : [] { record(stop, of: id) }
        if isNewHere { sendWaiting(id) }
        submitted.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(.accepted(let place)):
                let time = job.timeLimits?.first.map { TimeAmount.milliseconds(Int64($0)) }
                if let watch { loop.registry.adopt(watch, expiresIn: time) }
                loop.metrics.requestAccepted()
                accepted(id, message, place, feed)
            case .success(.joined):
                if let watch { loop.registry.adopt(watch, expiresIn: .zero) }
                accepted(id, message, nil, feed)
            case .success(.queueFull):
                if wasCounted { loop.admission.discount(id, of: owner) }
                notThere()
                let limit = loop.configuration.admission.maximumQueueLength ?? 0
                refuse(id, isNewHere: isNewHere, AdmissionRefusal(.queueLength, limit: limit, retryAfter: .seconds(2)))
            case .success(.conflict):
                if wasCounted { loop.admission.discount(id, of: owner) }
                notThere()
                refuse(
                    id, isNewHere: isNewHere,
                    CommandFailure(
                        requestID: id.text, errorCode: .invalidRequest, message: "the id names another request",
                        details: ["field": .string("id")]))
            case .failure(let error):
                notThere()
                refuse(id, isNewHere: isNewHere, CommandFailure(of: error, command: id))
            }
        }
    }

    /// `place` is that of a new request, nil where one was joined. `feed` is left when it is followed, or is not going to be.
    private func accepted(_ id: RequestID, _ message: Message, _ place: QueuePlace?, _ feed: EarlyFeed) {
        if place == nil { learn(id) }
        guard !isClosed else {
            // The client left while its request was on the way; from here on its absence counts.
            loop.registry.viewerJoined(id)
            feed.leave()
            return loop.registry.viewerLeft(id)
        }
        guard message.isNewHere else {
            let command = message.command
            feed.leave()
            if let stream = streams[id], stream.hasBegun {
                answered(.streamingStart(start(id, stream.sessionID, resumed: true)))
            } else if machine.carries(id) {
                // Its start is the answer to both; where that does not come this one is sent again.
                waitingSends[id, default: []].append(command)
            } else if place != nil {
                joinAlone(id, message)
            } else if machine.hasEnded(id) {
                answeredAlready()
            } else {
                send(id, command)
            }
            return
        }
        view(id)
        whenWatched(id) { [self] in
            defer { feed.leave() }
            guard !isClosed else { return }
            if let place {
                open(
                    id, in: message.sessionID, after: .start, resumed: false, command: id, jobNumber: place.number,
                    askedAt: message.askedAt)
            } else if machine.hasEnded(id) {
                // All of it was told on this connection: the ending is told again, the text is not.
                completeFromMessage(id, id)
            } else {
                // It may have ended, and its log may be gone.
                look(id, id, after: .start)
            }
        }
    }

    /// The one it was to confirm was refused, and this one was accepted: it streams as any other, also where others have taken its place
    /// among the streams of the connection meanwhile, for it runs.
    private func joinAlone(_ id: RequestID, _ message: Message) {
        machine.acceptedAlone(id)
        var message = message
        message.isNewHere = true
        publish(id, message, wasCounted: false)
    }

    /// Calls `body` when a bare publish of a stop is heard from now on.
    func whenWatched(_ id: RequestID, _ body: @escaping () -> Void) {
        let confirmed = loop.eventLoop.makePromise(of: Void.self)
        let timer = loop.eventLoop.scheduleTask(in: Self.confirmationLimit) { confirmed.succeed() }
        loop.registry.confirmed(id).whenComplete { _ in
            timer.cancel()
            confirmed.succeed()
        }
        confirmed.futureResult.assumeIsolated().whenComplete { _ in body() }
    }

    var tooManyWatched: AdmissionRefusal {
        AdmissionRefusal(.frontendRequests, limit: loop.configuration.maximumWatches)
    }

    /// The request was submitted before: it has a policy of its own, and may have ended before its channel was heard.
    func learn(_ id: RequestID) {
        loop.registry.confirmed(id).assumeIsolated().flatMap { [loop] in loop.ask { $0.request(id) } }
            .whenSuccess { [loop] record in
                if let record, !record.state.isEnded {
                    loop.registry.learned(record)
                } else {
                    loop.registry.ended(id)
                }
            }
    }

    private func refuse(_ id: RequestID, isNewHere: Bool = true, _ refusal: AdmissionRefusal) {
        loop.metrics.refused(refusal.bound)
        refuse(id, isNewHere: isNewHere, refusal.failure(of: id))
    }

    private func refuse(_ id: RequestID, isNewHere: Bool, _ failure: CommandFailure) {
        answered(.failure(failure))
        guard isNewHere else { return }
        settle(id)
    }
}
