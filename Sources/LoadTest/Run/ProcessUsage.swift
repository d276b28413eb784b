#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What this process has taken of the machine.
struct ProcessUsage: Sendable {
    /// User and system time, in seconds.
    var cpuSeconds: Double
    /// The most memory it has had, in bytes.
    var peakMemoryBytes: Int

    static func now() -> ProcessUsage {
        var usage = rusage()
        #if canImport(Darwin)
        getrusage(RUSAGE_SELF, &usage)
        let unit = 1
        #else
        getrusage(RUSAGE_SELF.rawValue, &usage)
        let unit = 1024
        #endif
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return ProcessUsage(
            cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), peakMemoryBytes: Int(usage.ru_maxrss) * unit)
    }

    /// Lets this process open so many files, as far as the system allows. Returns how many it may.
    static func allowFiles(_ count: Int) -> Int {
        #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
        let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 0 }
        if limit.rlim_cur < rlim_t(count) {
            limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
            setrlimit(resource, &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }
}
