package import NIOCore
import Shared

extension WebSocketHandler {
    /// When what is queued will be given to the channel.
    enum FlushPlan {
        case none
        /// At the end of this turn of the event loop.
        case turn
        /// Within about a millisecond: the flush is what costs, so under load several turns share one.
        case tick
    }

    /// A connection that flushed less than this ago is under load, and gathers what it sends for a tick of the flusher.
    static let busyWithin = TimeAmount.microseconds(500)
    /// The most bytes of one write, so that progress is seen.
    private static let sliceBytes = 64 * 1024

    package var isOutboundPaused: Bool { queue.isPaused }

    package func send(
        _ opcode: WebSocketFrameHeader.Opcode, length: Int, urgent: Bool, write: (inout ByteBuffer) -> Void
    ) {
        guard state == .open, let context else { return }
        append(opcode, length: length, context, write: write)
        plan(urgent ? .turn : nil, context)
    }

    private func append(
        _ opcode: WebSocketFrameHeader.Opcode, length: Int, _ context: ChannelHandlerContext,
        write: (inout ByteBuffer) -> Void
    ) {
        let size = WebSocketFrameHeader.size(forLength: length) + length
        let before = outbound.readableBytes
        outbound.reserveCapacity(minimumWritableBytes: before == 0 ? max(size, lastFlushBytes) : size)
        WebSocketFrameHeader.write(opcode, length: length, into: &outbound)
        write(&outbound)
        assert(outbound.readableBytes - before == size, "a frame has another length than its header says")
        streamMetrics?.outboundChanged(by: size)
        let action = queue.appended(size, now: Int64(context.eventLoop.now.uptimeNanoseconds))
        if case .pauseStreams = action { session.outboundPaused() }
    }

    private func plan(_ wanted: FlushPlan?, _ context: ChannelHandlerContext) {
        switch (flushPlan, wanted) {
        case (.turn, _), (.tick, nil): return
        case (.none, nil):
            if let lastFlush, context.eventLoop.now - lastFlush < Self.busyWithin {
                flushPlan = .tick
                return flusher.flushThisTick(self, context.eventLoop)
            }
        case (.none, _), (.tick, _): break
        }
        flushPlan = .turn
        flusher.flushThisTurn(self, context.eventLoop)
    }

    /// The time of `plan` has come, which may be over already.
    func flushDue(_ plan: FlushPlan) {
        if flushPlan == plan { flushNow() }
    }

    private func flushNow() {
        flushPlan = .none
        guard let context, outbound.readableBytes > 0 else { return }
        lastFlush = context.eventLoop.now
        writes &+= 1
        lastFlushBytes = min(outbound.readableBytes, Self.sliceBytes)
        var rest = outbound
        outbound = ByteBuffer()
        while rest.readableBytes > Self.sliceBytes, let slice = rest.readSlice(length: Self.sliceBytes) {
            write(slice, context)
        }
        write(rest, context)
        context.flush()
    }

    private func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        let count = bytes.readableBytes
        let promise = context.eventLoop.makePromise(of: Void.self)
        // The channel completes it at the latest when it is closed.
        promise.futureResult.assumeIsolated().whenSuccess { self.written(count) }
        context.write(Self.wrapOutboundOut(bytes), promise: promise)
    }

    private func written(_ bytes: Int) {
        guard let context else { return }
        streamMetrics?.outboundChanged(by: -bytes)
        let action = queue.written(bytes, now: Int64(context.eventLoop.now.uptimeNanoseconds))
        if queue.waiting == 0 { closingIsWritten(context) }
        releaseRead()
        if state == .open, case .resumeStreams = action { session.outboundResumed() }
    }

    // MARK: Closing

    package func close(_ code: CloseCode, reason: String) {
        close(code, reason: reason, then: .awaitingPeer, timeout: configuration.closeTimeout)
    }

    /// Queues our close, once, and gives the peer `timeout` to end the connection.
    func close(_ code: CloseCode, reason: String, then next: Closing, timeout: TimeAmount) {
        guard state == .open, let context else { return }
        let text = reason.truncated(toBytes: 123)
        metrics.connectionClosing(code)
        append(.close, length: 2 + text.utf8.count, context) {
            $0.writeInteger(code.rawValue)
            $0.writeString(text)
        }
        beginClosing(next, timeout, context)
    }

    /// The peer broke the protocol.
    func fail(_ code: CloseCode, reason: String) {
        guard state == .open else {
            context?.close(promise: nil)
            return
        }
        close(code, reason: reason, then: .failed, timeout: configuration.closeTimeout)
    }

    /// The peer's close has come: it is answered with its own code, and the connection ends.
    func peerClosed(_ code: CloseCode?) {
        guard let context else { return }
        switch state {
        case .open:
            metrics.connectionClosing(code ?? .normal)
            append(.close, length: code == nil ? 0 : 2, context) { if let code { $0.writeInteger(code.rawValue) } }
            beginClosing(.answered, configuration.closeTimeout, context)
        case .closing:
            state = .closing(.answered)
            if queue.waiting == 0 { closingIsWritten(context) }
        case .closed:
            break
        }
    }

    private func beginClosing(_ next: Closing, _ timeout: TimeAmount, _ context: ChannelHandlerContext) {
        state = .closing(next)
        closeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { [weak self] in
            self?.context?.close(promise: nil)
        }
        plan(.turn, context)
        releaseRead()
    }

    private func closingIsWritten(_ context: ChannelHandlerContext) {
        switch state {
        case .closing(.answered): context.close(promise: nil)
        case .closing(.failed): context.close(mode: .output, promise: nil)
        case .closing(.awaitingPeer), .open, .closed: break
        }
    }
}
