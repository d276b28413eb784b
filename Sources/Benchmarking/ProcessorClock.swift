private import Foundation

/// Nanoseconds that the calling thread has computed: what else runs on the machine hardly changes how long something takes by this clock.
enum ProcessorClock {
    static func now() -> Int64 {
        // In its parts: which module `timespec` belongs to depends on what else is imported.
        var time = (seconds: 0, nanoseconds: 0)
        withUnsafeMutablePointer(to: &time) { pointer in
            _ = pointer.withMemoryRebound(to: timespec.self, capacity: 1) { clock_gettime(CLOCK_THREAD_CPUTIME_ID, $0) }
        }
        return Int64(time.seconds) * 1_000_000_000 + Int64(time.nanoseconds)
    }

    /// How long `body` computes.
    static func measure(_ body: () throws -> Void) rethrows -> Int64 {
        let start = now()
        try body()
        return now() - start
    }
}
