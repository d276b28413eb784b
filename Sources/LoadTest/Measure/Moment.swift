#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A point in time on both clocks of this host, read together.
struct Moment: Hashable, Sendable {
    /// The monotonic clock: of all latencies that begin and end here. The clock of `NIODeadline`.
    var nanoseconds: UInt64
    /// The wall clock, in microseconds since 1970: of what begins or ends elsewhere.
    var microseconds: Int64

    static func now() -> Moment {
        Moment(nanoseconds: read(CLOCK_MONOTONIC), microseconds: Int64(read(CLOCK_REALTIME) / 1000))
    }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
