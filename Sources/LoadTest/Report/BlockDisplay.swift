import Shared
import Synchronization

/// Shows a run in one block of lines that is written anew each second, on standard error: for terminals.
final class BlockDisplay: LoadDisplay {
    private static let barWidth = 24

    private let plan: LoadPlan
    /// Lines of the block that stand now.
    private let standing = Mutex(0)

    init(_ plan: LoadPlan) { self.plan = plan }

    func connecting(_ ready: Int, of count: Int) {
        show(["connecting  \(Self.bar(Double(ready) / Double(max(count, 1)))) \(ready) of \(count)"])
    }

    func second(_ second: Second, of record: Record) { show(Self.block(second, record, total: plan.total.inSeconds)) }

    func checking() {
        standing.withLock { $0 = 0 }
        StandardError.write("checking what is saved…\n")
    }

    static func block(_ second: Second, _ record: Record, total: Double) -> [String] {
        let whole = record.whole
        var lines = [
            "\(second.phase.rawValue)  \(bar(second.at / total)) \(NumberText.rate(second.at)) of \(NumberText.rate(total)) s",
            "  requests/s \(NumberText.rate(second.rate(second.requests)))   tokens/s \(NumberText.rate(second.rate(second.tokens)))"
                + "   chunks/s \(NumberText.rate(second.rate(second.chunks)))   open \(second.open)"
                + "   connections \(second.connections)"
                + (second.behind > 1 ? "   behind \(NumberText.milliseconds(second.behind))" : ""),
        ]
        var rows = [["", "p50", "p90", "p99", "max"]]
        for metric in [Metric.firstChunk, .gap, .latency, .stopAcknowledged, .stopObserved, .stopSettled] {
            guard let times = second.times[metric.rawValue] else { continue }
            rows.append(
                ["  \(metric.title)"] + [times.p50, times.p90, times.p99, times.max].map(NumberText.milliseconds))
        }
        if rows.count > 1 { lines += Summary.aligned(rows) }
        lines.append(
            "  \(NumberText.count(whole[.completed])) completed, \(NumberText.count(whole[.cancelled])) cancelled, "
                + "\(NumberText.count(whole[.resumed])) resumed, \(NumberText.count(whole[.abandoned])) abandoned; "
                + "\(NumberText.count(whole.errors)) errors, \(NumberText.count(record.violations.total)) violations")
        return lines
    }

    /// Writes the block where the last one stood.
    private func show(_ lines: [String]) {
        standing.withLock { standing in
            let up = standing > 0 ? "\u{1B}[\(standing)A\r" : ""
            // Each line ends what stood there, and the last all that stood below.
            StandardError.write(up + lines.map { "\($0)\u{1B}[K\n" }.joined() + "\u{1B}[J")
            standing = lines.count
        }
    }

    private static func bar(_ share: Double) -> String {
        let filled = Int((min(max(share, 0), 1) * Double(barWidth)).rounded())
        return String(repeating: "█", count: filled) + String(repeating: "░", count: barWidth - filled)
    }
}
