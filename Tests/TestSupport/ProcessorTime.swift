private import Foundation

/// How long threads have computed, which, unlike the time on a clock, is hardly longer on a machine with more to do.
package enum ProcessorTime {
    /// Seconds of the calling thread.
    package static var ofThread: Double {
        // In its parts: which module `timespec` belongs to depends on what else is imported.
        var time = (seconds: 0, nanoseconds: 0)
        withUnsafeMutablePointer(to: &time) { pointer in
            _ = pointer.withMemoryRebound(to: timespec.self, capacity: 1) { clock_gettime(CLOCK_THREAD_CPUTIME_ID, $0) }
        }
        return Double(time.seconds) + Double(time.nanoseconds) / 1e9
    }
}
