import Shared

/// Shows a run line by line, on standard error: for logs and pipes.
struct LineDisplay: LoadDisplay {
    func connecting(_ ready: Int, of count: Int) { StandardError.write("connecting: \(ready) of \(count)\n") }

    func second(_ second: Second, of record: Record) { StandardError.write(Self.line(second) + "\n") }

    func checking() { StandardError.write("checking\n") }

    static func line(_ second: Second) -> String {
        func pair(_ metric: Metric) -> String {
            second.times[metric.rawValue].map {
                "\(NumberText.milliseconds($0.p50))/\(NumberText.milliseconds($0.p99))"
            } ?? "-"
        }
        return "\(NumberText.rate(second.at))s \(second.phase.rawValue): open \(second.open), "
            + "requests/s \(NumberText.rate(second.rate(second.requests))), tokens/s \(NumberText.rate(second.rate(second.tokens))), "
            + "p50/p99: first chunk \(pair(.firstChunk)), token \(pair(.latency)), stop settled \(pair(.stopSettled)); "
            + "errors \(second.errors), violations \(second.violations)"
    }
}
