/// When the commands gathered by a connection are flushed: at the end of this turn of the loop, or at the next tick.
///
/// The flush is the cost of a pipelined connection (5 to 8 µs, a command is under 1 µs), so many small flushes are what
/// there is to avoid. In each window of one tick (0.25 ms) it counts flushes and commands:
///
/// - at first every flush happens at the end of the turn, which adds no wait;
/// - when a window has seen both many flushes and many commands, but few commands in each flush, it changes to ticks:
///   one flush at the end of each window;
/// - when a tick finds few commands, it changes back.
///
/// One caller that awaits each answer never makes it tick (a round trip is 40 µs or more, so it stays below
/// `commandsToTick`), nor do many callers whose commands already leave together.
///
/// Pure. Times are nanoseconds.
package struct FlushPolicy: Sendable {
    package enum Decision: Equatable, Sendable {
        case endOfTurn
        case at(Int64)
    }

    package static let tick: Int64 = 250_000
    package static let flushesToTick = 4
    package static let commandsToTick = 16
    package static let commandsPerGoodFlush = 8

    private var windowStart = Int64.min
    private var flushes = 0
    private var commands = 0
    package private(set) var isTicking = false

    package init() {}

    /// `count` commands were gathered.
    package mutating func gathered(_ count: Int) {
        commands += count
    }

    /// The first commands since the last flush were gathered; says when to flush.
    package mutating func flushNeeded(now: Int64) -> Decision {
        let age = windowStart == .min ? .max : now - windowStart
        if age >= Self.tick {
            // In tick mode the window that ends here is the one before this tick.
            if isTicking, age >= 2 * Self.tick || commands < Self.commandsToTick { isTicking = false }
            windowStart = now
            flushes = 0
            commands = 0
        }
        if !isTicking, flushes >= Self.flushesToTick, commands >= Self.commandsToTick,
            commands < flushes * Self.commandsPerGoodFlush
        {
            isTicking = true
        }
        flushes += 1
        return isTicking ? .at(windowStart + Self.tick) : .endOfTurn
    }
}
