import Foundation

/// What the whole machine did, as Linux tells it in `/proc`.
enum MachineFigures {
    /// Processor time that all cores have spent on anything, in seconds; nil where that cannot be known.
    static func busySeconds() -> Double? {
        (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)).flatMap(busyTicks).map {
            $0 / Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        }
    }

    /// How many processes want to run, on average over the last minute.
    static func loadAverage() -> Double {
        var averages = [0.0]
        return getloadavg(&averages, 1) == 1 ? averages[0] : 0
    }

    /// The name of the processor.
    static func processor() -> String {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
        let line = lines.first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
    }

    /// Ticks in `/proc/stat` that were not idle and not waiting for a disk; of guests they are in those of users already. Pure.
    static func busyTicks(_ stat: String) -> Double? {
        guard let line = stat.split(separator: "\n").first(where: { $0.hasPrefix("cpu ") }) else { return nil }
        let fields = line.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard fields.count >= 8 else { return nil }
        return fields[0] + fields[1] + fields[2] + fields[5] + fields[6] + fields[7]
    }

    /// Lets this process and those it starts open so many files, as far as the system allows. Returns how many they may.
    static func allowFiles(_ count: Int) -> Int {
        #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
        let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 0 }
        if limit.rlim_cur < rlim_t(count) {
            // Beyond the hard limit only root may go, which is tried first.
            var wanted = rlimit(rlim_cur: rlim_t(count), rlim_max: max(limit.rlim_max, rlim_t(count)))
            if setrlimit(resource, &wanted) != 0 {
                wanted = rlimit(rlim_cur: min(rlim_t(count), limit.rlim_max), rlim_max: limit.rlim_max)
                setrlimit(resource, &wanted)
            }
            getrlimit(resource, &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }
}
