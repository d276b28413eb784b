private import Dispatch
private import Foundation

/// How long threads have computed, which, unlike the time on a clock, is hardly longer on a machine with more to do.
package enum ProcessorTime {
    /// Seconds of the calling thread.
    package static var ofThread: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
