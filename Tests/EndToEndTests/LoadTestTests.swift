import Foundation
import Shared
import TestSupport
import Testing

extension EndToEnd {
    @Suite("penstock-loadtest") struct LoadTestTests {
        /// What the tests read of the JSON result.
        struct Result: Decodable {
            struct Check: Decodable {
                var check: String
                var violations: Int
            }

            struct Times: Decodable {
                var count: Int
                var p50: Double
            }

            var verdict: String
            var counts: [String: Int]
            var metrics: [String: Times]
            var checks: [Check]
            var saved: Int

            enum CodingKeys: String, CodingKey {
                case verdict, metrics, checks, saved
                case counts = "counts_of_whole_run"
            }

            var broken: [String] { checks.filter { $0.violations > 0 }.map(\.check) }
        }

        private func load(
            _ lab: PenstockLab, _ arguments: [String]
        ) async throws -> (status: Int32, result: Result?, output: String) {
            let file = lab.directory.appending(path: "\(UUID().uuidString).json")
            let process = try lab.start("penstock-loadtest", Programs.loadTest, arguments + ["--json", file.path])
            let status = try await process.exitStatus(within: .seconds(60))
            let result = try? JSONDecoder().decode(Result.self, from: Data(contentsOf: file))
            return (status, result, process.output)
        }

        @Test("finds nothing wrong where nothing is, whatever its clients do")
        func honest() async throws {
            try await PenstockLab.with { lab in
                async let starting = lab.worker("--slots", "200")
                async let second = lab.frontend()
                let frontends = [try await lab.frontend(), try await second]
                _ = try await starting
                let report = lab.directory.appending(path: "report.html")
                let (status, result, output) = try await load(
                    lab,
                    frontends.flatMap { ["--url", "\($0.webSocket)"] } + [
                        "--rate", "25", "--connections", "60", "--duration", "2s", "--warm-up", "500ms", "--drain",
                        "3s",
                        "--tokens", "uniform:10,40", "--stop-rate", "0.35", "--stop-after-tokens", "uniform:0,30",
                        "--stop-delay", "uniform:0,0.4", "--resume-rate", "0.25", "--slow-rate", "0.1",
                        "--abandon-rate",
                        "0.1", "--redis-url", lab.redis.url, "--seed", "5", "--report", report.path, "--limit",
                        "ttfc.p99<30s", "--limit", "errors=0", "--limit", "chunks_after_stop=0",
                    ])
                #expect(status == 0, "\(output)")
                let found = try #require(result)
                #expect(found.verdict == "good" && found.broken.isEmpty)
                let counts = found.counts
                for name in ["completed", "cancelled", "resumed", "abandoned", "stops", "tokens"] {
                    #expect((counts[name] ?? 0) > 0, "\(name)")
                }
                #expect(found.saved > 20)
                for name in ["connect", "accepted", "ttfc", "gap", "latency", "answer", "stop.acknowledged", "resume"] {
                    #expect((found.metrics[name]?.count ?? 0) > 0, "\(name)")
                }
                #expect(try String(contentsOf: report, encoding: .utf8).contains("</html>"))
            }
        }

        @Test(
            "names the lie of a frontend that lies",
            arguments: [
                [
                    (LyingFrontend.Lie.none, nil), (.dropsAChunk, "chunk_missing"), (.repeatsAChunk, "chunk_repeated"),
                    (.dropsTheLastChunk, "chunk_missing"), (.endsTwice, "after_ending"), (.neverEnds, "ending_missing"),
                ],
                [
                    (.swallowsStops, "chunk_after_acknowledgement"),
                    (.swallowsStopsAndFallsSilent, "stop_not_carried_out"),
                    (.lateChunk, "chunk_after_acknowledgement"), (.doesNotAcknowledge, "stop_unacknowledged"),
                ],
            ] as [[(LyingFrontend.Lie, String?)]])
        func lies(_ named: [(LyingFrontend.Lie, String?)]) async throws {
            // An answer that is stopped would go on for a minute; one that is not ends soon.
            let answers = ["--tokens", "12", "--token-rate", "60"]
            let stops = ["--tokens", "1200", "--token-rate", "20", "--stop-rate", "1", "--stop-after-tokens", "3"]
            // What does not come is found when it has been waited for.
            let silent: Set<LyingFrontend.Lie> = [
                .swallowsStops, .swallowsStopsAndFallsSilent, .neverEnds, .doesNotAcknowledge,
            ]
            let areOfStops = named.contains { $0.0 == .lateChunk }
            try await PenstockLab.with { lab in
                // Without batching each token is a chunk, also where the machine is slow.
                async let worker = lab.worker("--batching", "off")
                let frontend = try await lab.frontend()
                _ = try await worker
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (lie, check) in named {
                        group.addTask {
                            let liar = try await LyingFrontend(lie, before: frontend.webSocket)
                            let (status, result, output) = try await load(
                                lab,
                                [
                                    "--url", "\(liar.url)", "--concurrency", "2", "--duration", "500ms", "--warm-up",
                                    "0",
                                    "--drain", "1s", "--settle-timeout", silent.contains(lie) ? "1s" : "20s",
                                    "--check-saved", "0",
                                ] + (areOfStops ? stops : answers))
                            await liar.close()
                            #expect(status == (check == nil ? 0 : 1), "\(lie): \(output)")
                            let broken = try #require(result).broken
                            if let check {
                                #expect(broken.contains(check), "\(lie): \(broken)")
                            } else {
                                #expect(broken.isEmpty, "\(lie): \(broken)")
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test("exits with 1 where a limit is missed, and with 2 where it cannot run")
        func statuses() async throws {
            try await PenstockLab.with { lab in
                async let worker = lab.worker()
                let frontend = try await lab.frontend()
                _ = try await worker
                let short = ["--concurrency", "2", "--duration", "300ms", "--warm-up", "0", "--tokens", "3"]
                let missed = try await load(
                    lab, ["--url", "\(frontend.webSocket)", "--limit", "ttfc.p50<1ns"] + short)
                #expect(missed.status == 1 && missed.result?.broken == [], "\(missed.output)")
                #expect(missed.output.contains("MISSED ttfc.p50<1ns"))
                // One connection cannot carry it: its figures would be those of another load.
                let overloaded = try await load(
                    lab,
                    [
                        "--url", "\(frontend.webSocket)", "--rate", "50", "--connections", "1", "--duration", "400ms",
                        "--warm-up", "0", "--drain", "0", "--tokens", "100", "--token-rate", "2",
                    ])
                #expect(
                    overloaded.status == 1 && overloaded.result?.broken == ["load_not_offered"], "\(overloaded.output)")
                let nobody = try await load(
                    lab, ["--url", "ws://127.0.0.1:1/ws", "--connect-timeout", "200ms"] + short)
                #expect(nobody.status == 2 && nobody.result == nil, "\(nobody.output)")
                #expect(try await load(lab, ["--concurrency", "none"]).status == 64)
            }
        }
    }
}
