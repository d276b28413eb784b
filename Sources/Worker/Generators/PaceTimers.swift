private import HeapModule
package import NIOCore

/// The moments that the generators of one event loop wait for, behind one timer of the loop.
///
/// A timer of the loop for each wait costs more than the token it is for. Here a wait costs an entry of a heap, and what is due
/// together goes on together. When many wait, moments of the same millisecond are one: see `TimerPolicy`.
///
/// Bound to its event loop. It keeps those who wait alive until their moment.
/// `@unchecked Sendable`: its state is touched on its event loop only.
package final class PaceTimers: @unchecked Sendable {
    /// One who waits: `turn` tells this wait from later ones of the same pacer.
    private struct Entry: Comparable {
        let deadline: NIODeadline
        let turn: UInt64
        let pacer: Pacer

        static func < (left: Entry, right: Entry) -> Bool { left.deadline < right.deadline }
        static func == (left: Entry, right: Entry) -> Bool { left.deadline == right.deadline }
    }

    private let eventLoop: any EventLoop
    private var entries = Heap<Entry>()
    /// How many entries nobody waits for any more.
    private var stale = 0
    private var policy = TimerPolicy()
    private var timer: Scheduled<Void>?
    private var timerDeadline = NIODeadline.distantFuture

    /// No moments yet.
    package init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// How many moments are remembered, those that nobody waits for included.
    var count: Int { entries.count }

    /// Wakes `pacer` at `deadline`, at most a millisecond later under load. From any thread.
    func wake(_ pacer: Pacer, turn: UInt64, at deadline: NIODeadline) {
        if eventLoop.inEventLoop {
            add(Entry(deadline: deadline, turn: turn, pacer: pacer))
        } else {
            eventLoop.execute { self.add(Entry(deadline: deadline, turn: turn, pacer: pacer)) }
        }
    }

    /// One does not wait any more. From any thread.
    func forgot() {
        if eventLoop.inEventLoop { forgotOne() } else { eventLoop.execute { self.forgotOne() } }
    }

    private func add(_ entry: Entry) {
        entries.insert(entry)
        if entry.deadline < timerDeadline { arm(entry.deadline) }
    }

    private func forgotOne() {
        stale += 1
        // Those that are left cost nothing before their moment; but that may be an hour away.
        guard stale > 64, stale > entries.count / 2 else { return }
        entries = Heap(entries.unordered.filter { $0.pacer.waits(in: $0.turn) })
        stale = 0
    }

    private func arm(_ deadline: NIODeadline) {
        timer?.cancel()
        timerDeadline = policy.wakeUp(for: deadline)
        timer = eventLoop.assumeIsolated().scheduleTask(deadline: timerDeadline) { self.fired() }
    }

    private func fired() {
        let now = eventLoop.now
        timer = nil
        timerDeadline = .distantFuture
        var woken = 0
        while let next = entries.min, next.deadline <= now {
            let entry = entries.removeMin()
            if entry.pacer.wake(turn: entry.turn) { woken += 1 } else { stale = max(stale - 1, 0) }
        }
        policy.woke(woken, at: now)
        if let next = entries.min { arm(next.deadline) }
    }
}
