import Logging
import NIOCore
import Shared

/// From a request's start to its ending.
extension ClientSession {
    /// Hands over what comes behind `cursor`, and tells the client of the start before, as the answer to `command`; while the job with
    /// `jobNumber` waits, its place. `askedAt`: when the message arrived, where this is the first stream of its request.
    ///
    /// Whoever is told that it watches counts as a viewer at every node: the start waits until the feed is heard, or a stop is recorded, for
    /// then nobody need watch. Where that takes longer than a command may, a resume is refused; a request that was just accepted is told to
    /// have started all the same.
    func open(
        _ request: RequestID, in sessionID: SessionID, after cursor: EntryID, resumed: Bool, command: RequestID,
        jobNumber: UInt64? = nil, askedAt: NIODeadline? = nil
    ) {
        let stream = ClientStream(request: request, sessionID: sessionID, resumed: resumed, askedAt: askedAt)
        streams[request] = stream
        view(request)
        // Neither is ever found dead: whoever ends a stream, or this session, cancels the subscriber, which then lets go of both.
        let subscriber = TokenSubscriber(broker: loop.broker, request: request, after: cursor) { event in
            switch event {
            case .entry(let entry): self.deliver(entry, stream)
            case .failed(let error): self.broken(stream, error)
            }
        }
        subscriber.onHole = { [metrics = loop.metrics] hole in metrics.feedHasHole(hole) }
        stream.subscriber = subscriber
        if let jobNumber {
            loop.positions.join(stream, number: jobNumber) { [weak self, weak stream] position in
                guard let self, let stream else { return false }
                return self.tellPosition(position, stream)
            }
        }
        let counted = subscriber.start()
        if connection?.isOutboundPaused ?? false { subscriber.pause() }
        let timer = loop.eventLoop.assumeIsolated().scheduleTask(in: loop.configuration.commandDeadline) {
            [weak self, weak stream] in
            guard let self, let stream, self.streams[request] === stream else { return }
            guard resumed, !stream.hasBegun else { return self.began(stream) }
            subscriber.cancel()
            self.loop.positions.leave(stream)
            self.streams[request] = nil
            self.giveUp(
                request,
                CommandFailure(
                    of: BrokerError(code: .unavailable, message: "the live feed is not heard"), command: command))
        }
        counted.assumeIsolated().whenComplete { [weak self, weak stream] result in
            timer.cancel()
            if let self, let stream, case .success = result { self.began(stream) }
        }
        if machine.isStopped(request) { began(stream) }
    }

    /// Tells the client of the start, once.
    func began(_ stream: ClientStream) {
        let request = stream.request
        guard !stream.hasBegun, streams[request] === stream else { return }
        stream.hasBegun = true
        answered(.streamingStart(start(request, stream.sessionID, resumed: stream.isResumed)))
        waitersAreAnswered(request)
        loop.metrics.streamOpened()
        let (again, receipts) = machine.opened(request)
        for stop in again { record(stop, of: request) }
        for receipt in receipts { flush(stream, receipt) }
    }

    func start(_ request: RequestID, _ sessionID: SessionID, resumed: Bool) -> StreamingStart {
        StreamingStart(
            requestID: request, messageID: request.message, sessionID: sessionID, resumed: resumed ? true : nil)
    }

    /// One entry of the log: the token path.
    private func deliver(_ entry: TokenEntry, _ stream: ClientStream) {
        switch entry.body {
        case .chunk(let text, _):
            guard !stream.isSilenced, let connection else { return }
            let event = loop.encoder.measureChunk(stream.template, cursor: entry.id, text: text)
            loop.streamMetrics.chunkSent(
                bytes: event.length, &stream.pace, write: connection.writes, now: loop.eventLoop.now)
            connection.send(.text, length: event.length, urgent: false) {
                loop.encoder.writeChunk(event, stream.template, into: &$0)
            }
        case .restarted:
            guard !stream.isSilenced else { return }
            tell(
                .streamingRestart(
                    StreamingRestart(requestID: stream.request, messageID: stream.request.message, cursor: entry.id)))
        case .attempt:
            // Whoever was told a place is told that it is no more.
            if loop.positions.leave(stream) { _ = tellPosition(0, stream) }
        case .sealed:
            break
        case .ended(let ending, _):
            // The stop channel is left before the client is told, so that a publish after the ending is heard by nobody here.
            loop.registry.ended(stream.request)
            close(stream)
            loop.metrics.streamEnded(ending)
            tell(ending.event(of: stream.request))
            noteSettled(settling.ended(stream.request, now: now))
        }
    }

    /// The log cannot be read. The saved message, where there is one, tells how the request ended. Where there is no ending either and
    /// Redis knows nothing of the request, it is lost, and its client is told rather than left to wait.
    private func broken(_ stream: ClientStream, _ error: BrokerError) {
        logger.warning("a token log cannot be read", [.requestID: "\(stream.request)", .error: "\(error)"])
        let request = stream.request
        began(stream)
        let isLost = error.code == .notFound
        if isLost { loop.registry.ended(request) }
        close(stream)
        settling.forget(request)
        loop.ask { $0.message(request.message) }.assumeIsolated().whenComplete { [weak self] result in
            self?.tell(
                (try? result.get())?.ending?.event(of: request)
                    ?? .streamingError(
                        StreamingError(
                            requestID: request, messageID: request.message, errorCode: .internalError,
                            message: isLost
                                ? "the request was lost" : "the answer cannot be read; it may be saved")))
        }
    }

    /// Returns whether the client was told.
    private func tellPosition(_ position: UInt64, _ stream: ClientStream) -> Bool {
        guard stream.hasBegun, !stream.isSilenced, connection?.isOutboundPaused == false else { return false }
        tell(
            .queued(
                MessageQueued(requestID: stream.request, messageID: stream.request.message, position: position)))
        return true
    }

    private func close(_ stream: ClientStream) {
        loop.positions.leave(stream)
        streams[stream.request] = nil
        machine.ended(stream.request)
        leave(stream.request)
    }

    /// Hands everything up to the receipt's entry over, then acknowledges the stop.
    func flush(_ stream: ClientStream, _ receipt: ClientSessionStateMachine.Receipt) {
        guard streams[stream.request] === stream, let subscriber = stream.subscriber,
            subscriber.cursor < receipt.receipt.last
        else { return acknowledge(receipt, of: stream) }
        guard connection?.isOutboundPaused != true else { return waitingReceipts.append((stream, receipt)) }
        subscriber.flush(to: receipt.receipt.last).assumeIsolated().whenComplete { [weak self] _ in
            guard let self else { return }
            if subscriber.cursor < receipt.receipt.last, self.streams[stream.request] === stream,
                self.connection?.isOutboundPaused == true
            {
                self.waitingReceipts.append((stream, receipt))
            } else {
                self.acknowledge(receipt, of: stream)
            }
        }
    }

    private func acknowledge(_ receipt: ClientSessionStateMachine.Receipt, of stream: ClientStream) {
        stream.isSilenced = true
        acknowledge(receipt, stream.request)
    }

    func acknowledge(_ receipt: ClientSessionStateMachine.Receipt, _ request: RequestID) {
        answered(
            .success(
                CommandSuccess(
                    requestID: receipt.stop.command,
                    result: .init(partialMessageID: request.message, outcome: receipt.receipt.outcome))))
    }
}
