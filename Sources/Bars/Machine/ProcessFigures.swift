import Foundation

/// What a process has taken of the machine, as Linux tells it in `/proc`.
enum ProcessFigures {
    /// Processor time of all its threads, in seconds; nil where there is no such process.
    static func processorSeconds(of process: Int32) -> Double? {
        // In nanoseconds where the kernel tells them, for every thread there is; else in hundredths of a second.
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        let times = threads.compactMap { thread in
            read("/proc/\(process)/task/\(thread)/schedstat").flatMap(firstNumber)
        }
        if !times.isEmpty, times.count == threads.count, times.contains(where: { $0 > 0 }) {
            return times.reduce(0, +) / 1e9
        }
        return read("/proc/\(process)/stat").flatMap(ticks).map { $0 / Double(max(sysconf(Int32(_SC_CLK_TCK)), 1)) }
    }

    /// Memory that it has resident, in bytes.
    static func residentBytes(of process: Int32) -> Int? { read("/proc/\(process)/status").flatMap(residentBytes) }

    /// The name of its program.
    static func name(of process: Int32) -> String? {
        read("/proc/\(process)/comm")?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// User and system time of this process so far, in seconds.
    static func ownProcessorSeconds() -> Double {
        var usage = rusage()
        #if canImport(Darwin)
        getrusage(RUSAGE_SELF, &usage)
        #else
        getrusage(RUSAGE_SELF.rawValue, &usage)
        #endif
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    // MARK: Reading, pure

    static func firstNumber(_ text: String) -> Double? { text.split(separator: " ").first.flatMap { Double($0) } }

    /// Ticks of user and system time in `/proc/<pid>/stat`. The name of the program, in parentheses, may have any bytes in it.
    static func ticks(_ stat: String) -> Double? {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return user + system
    }

    static func residentBytes(_ status: String) -> Int? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }

    private static func read(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
