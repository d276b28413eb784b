import Foundation

/// What comes behind a stop: chunks at the client after its acknowledgement, and tokens of the generator after the worker has heard of it.
///
/// Closed loop, 100 answers at a time, each of which is stopped, at once or after up to 30 tokens; in turn with unlimited generators and with
/// ones of 100 to 2,000 tokens a second. The load tester looks for late chunks, and the worker's journal is read for late tokens.
struct AfterStopRow: BarRow {
    static let name = "after-stop"

    private static let rates = ["max", "uniform:100,2000"]

    func measure(_ run: BarsRun) async throws -> [Bar] {
        let wanted = run.isQuick ? 3000 : 100_000
        let journal = run.directory.appending(path: "journal")
        return try await BarsLab.with(worker: ["--journal", journal.path], in: run.directory) { lab in
            var (stops, chunks) = (0, 0)
            var check = JournalCheck()
            var problems: [String] = []
            var round = 0
            while stops < wanted {
                let rate = Self.rates[round % Self.rates.count]
                round += 1
                let (result, _) = try await lab.loadTest(
                    [
                        "--concurrency", "100", "--token-rate", rate, "--tokens", "20000", "--warm-up", "0s",
                        "--stop-rate", "1", "--stop-after-tokens", "uniform:0,30", "--redis-url", lab.redisURL,
                    ], seconds: run.isQuick ? 3 : 10
                ) { _ in }
                try await lab.quiet()
                let before = stops
                stops += result.count("stops_stopped") + result.count("stops_dequeued")
                chunks += result.count("chunks_after_stop")
                problems += result.problems(passing: ["chunk_after_acknowledgement"])
                check.read(try Data(contentsOf: journal))
                check.forget()
                // The worker appends: it goes on at the beginning.
                guard truncate(journal.path, 0) == 0 else { throw BarsFailure("the journal cannot be emptied") }
                run.say(
                    "\(stops) stops, \(chunks) chunks after the acknowledgement, \(check.tokensBehind) of "
                        + "\(check.tokens) tokens after a stop was heard (token rate \(rate))")
                guard stops > before else { throw BarsFailure("nothing is stopped") }
            }
            let journalProblems = check.unreadable > 0 ? ["\(check.unreadable) lines of the journal"] : []
            return [
                Bar(
                    name: "after-acknowledgement", what: "chunks after a stop's acknowledgement", unit: .count,
                    measured: Double(chunks), part: nil, bound: .atMost(0), notes: ["\(stops) stops"],
                    problems: problems),
                Bar(
                    name: "after-observation", what: "tokens after a stop was heard", unit: .count,
                    measured: Double(check.tokensBehind), part: nil, bound: .atMost(0),
                    notes: [
                        "by the worker's journal: \(check.stops) stops heard, \(check.tokens) tokens"
                    ] + (check.example.map { ["such as \($0)"] } ?? []), problems: journalProblems),
            ]
        }
    }
}
