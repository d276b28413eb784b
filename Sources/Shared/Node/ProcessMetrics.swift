private import Foundation

#if canImport(Glibc)
private import Glibc
#endif

/// What the operating system knows of this process, by the names that Prometheus's own clients use. Linux only: elsewhere
/// there is none.
package enum ProcessMetrics {
    /// Reads `/proc` now. What cannot be read is left out.
    package static func collect() -> [PrometheusSample] {
        #if os(Linux)
        var samples: [PrometheusSample] = []
        func add(_ name: String, _ kind: PrometheusKind, _ help: String, _ value: Double?) {
            if let value { samples.append(PrometheusSample(name: name, kind: kind, help: help, value: value)) }
        }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        let pages = read("/proc/self/statm").split(separator: " ").compactMap { Double($0) }
        // The command's name, in parentheses, may hold spaces: what follows it are fields 3 and on.
        let stat = read("/proc/self/stat").split(separator: ")").last?.split(separator: " ").map { Double($0) } ?? []
        let cpu = stat.count > 19 ? (stat[11] ?? 0) + (stat[12] ?? 0) : nil
        let boot = read("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }?.dropFirst(6)
        let start = stat.count > 19 ? boot.flatMap { Double($0) }.map { $0 + (stat[19] ?? 0) / ticks } : nil
        let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        let limit = sysconf(Int32(_SC_OPEN_MAX))
        add("process_cpu_seconds_total", .counter, "User and system CPU time spent.", cpu.map { $0 / ticks })
        add("process_max_fds", .gauge, "File descriptors that may be open.", limit > 0 ? Double(limit) : nil)
        // Reading the directory takes a descriptor of its own.
        add("process_open_fds", .gauge, "File descriptors that are open.", descriptors.map { Double($0 - 1) })
        add(
            "process_resident_memory_bytes", .gauge, "Memory in use.",
            pages.count > 1 ? pages[1] * Double(sysconf(Int32(_SC_PAGESIZE))) : nil)
        add("process_start_time_seconds", .gauge, "When the process started, in seconds since 1970.", start)
        return samples
        #else
        return []
        #endif
    }

    private static func read(_ path: String) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}
