import NIOCore

/// Flushes the connections of one event loop that have something to send: those of one turn by one task, those under load by one timer.
///
/// A task or a timer of the loop for each of a thousand connections costs more than what they write. Bound to its event loop. It keeps
/// a connection alive until it was flushed, at most `tick`.
package final class OutboundFlusher {
    /// How long connections under load gather what they send.
    static let tick = TimeAmount.milliseconds(1)

    private var turn: [WebSocketHandler] = []
    private var ticking: [WebSocketHandler] = []
    /// Emptied, and kept for its memory.
    private var spare: [WebSocketHandler] = []

    /// Nothing waits yet.
    package init() {}

    /// Calls `flushDue` of the handler at the end of this turn of `eventLoop`.
    func flushThisTurn(_ handler: WebSocketHandler, _ eventLoop: any EventLoop) {
        turn.append(handler)
        if turn.count == 1 { eventLoop.assumeIsolated().execute { self.flushTurn() } }
    }

    /// Calls `flushDue` of the handler within a tick.
    func flushThisTick(_ handler: WebSocketHandler, _ eventLoop: any EventLoop) {
        ticking.append(handler)
        if ticking.count == 1 { eventLoop.assumeIsolated().scheduleTask(in: Self.tick) { self.flushTick() } }
    }

    private func flushTurn() {
        let due = turn
        turn = spare
        flush(due, .turn)
    }

    private func flushTick() {
        let due = ticking
        ticking = spare
        flush(due, .tick)
    }

    private func flush(_ due: [WebSocketHandler], _ plan: WebSocketHandler.FlushPlan) {
        spare = []
        for handler in due { handler.flushDue(plan) }
        spare = due
        spare.removeAll(keepingCapacity: true)
    }
}
