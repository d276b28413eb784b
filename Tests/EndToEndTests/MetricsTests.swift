import Foundation
import NIOHTTP1
import Shared
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Metrics") struct MetricsTests {
        private func page(_ admin: HTTPTarget) async throws -> PrometheusPage {
            let answer = try await admin.call(.GET, "/metrics")
            #expect(answer.status == 200)
            return try PrometheusPage(answer.text)
        }

        /// Waits until a series of a node has a value, and fails with what it has instead.
        private func expect(
            _ admin: HTTPTarget, _ name: String, _ labels: [String: String], _ value: Double,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            var found: Double?
            do {
                try await eventually(within: .seconds(20)) {
                    found = try await page(admin).value(name, labels)
                    return found == value
                }
            } catch is NeverHeld {
                Issue.record(
                    "\(name) \(labels) is \(found.map { "\($0)" } ?? "missing"), not \(value)",
                    sourceLocation: sourceLocation)
            }
        }

        @Test("tell of every request how it ended, and of every stop who asked, how, and what it met")
        func requests() async throws {
            try await PenstockLab.with { lab in
                let frontend = try await lab.frontend()
                let worker = try await lab.worker("--slots", "2", "--batching", "off")
                let client = try await lab.client(of: frontend)
                let leaver = try await lab.client(of: frontend)

                // Completed: ten tokens.
                let completed = try await client.send(count: 10, interval: 1)
                try await completed.ended()
                // Failed: there is no such count.
                let failed = try await client.send(count: -1, interval: 0)
                try await failed.ended()
                #expect(failed.transcript.failure?.errorCode == .invalidRequest)
                // Stopped by the user over the WebSocket, by HTTP, by an operator's publish, and by leaving.
                let stopped = try await client.send(count: 100, interval: minute)
                try await stopped.chunks(1)
                #expect(try await stopped.stop().outcome == .stopped)
                try await stopped.ended()
                let http = try await client.send(count: 100, interval: minute)
                try await http.chunks(1)
                let answer = try await frontend.http.call(.POST, "/messages/\(http.id)/stop?mode=kill&wait=30s")
                #expect(answer.status == 200, "\(answer.text)")
                try await http.ended()
                let published = try await client.send(count: 100, interval: minute)
                try await published.chunks(1)
                #expect(try await lab.publishStop(published.id) >= 2)
                try await published.ended()
                let left = RequestID.random()
                try await leaver.post(
                    left,
                    .send(
                        SendCommand(
                            content: "Count.",
                            parameters: ["count": .integer(100), "interval_ms": .integer(Int64(minute))],
                            onDisconnect: .stop)))
                try await WebClient.Stream(client: leaver, id: left).chunks(1)
                try await leaver.cut()
                try await expect(
                    worker.admin, "penstock_worker_jobs_ended_total",
                    ["state": "cancelled", "by": "disconnect", "mode": "stop"], 1)
                // Stopped in the queue, for both slots are taken.
                let first = try await client.send(count: 100, interval: minute)
                let second = try await client.send(count: 100, interval: minute)
                try await first.chunks(1)
                try await second.chunks(1)
                let queued = try await client.send(count: 100, interval: minute)
                try await queued.started()
                try await expect(worker.admin, "penstock_queue_waiting_jobs", ["queue": "default"], 1)
                for admin in [frontend.admin, worker.admin] {
                    let page = try await page(admin)
                    #expect(page.value("penstock_queue_taken_jobs", ["queue": "default"]) == 2)
                    #expect(page.value("penstock_queue_oldest_age_seconds", ["queue": "default"]) != nil)
                }
                try await expect(worker.admin, "penstock_worker_free_slots", [:], 0)
                #expect(try await queued.stop().outcome == .dequeued)
                try await queued.ended()
                for stream in [first, second] {
                    try await stream.stop()
                    try await stream.ended()
                }
                #expect(try await first.stop().outcome == .alreadyStopped)
                #expect(try await completed.stop().outcome == .alreadyCompleted)

                // The job that was stopped in the queue passes through the worker, too.
                let ended = "penstock_worker_jobs_ended_total"
                for (by, mode, count) in [
                    ("user", "stop", 4.0), ("user", "kill", 1), ("operator", "stop", 1), ("disconnect", "stop", 1),
                ] {
                    try await expect(worker.admin, ended, ["state": "cancelled", "by": by, "mode": mode], count)
                }
                try await expect(worker.admin, "penstock_queue_taken_jobs", ["queue": "default"], 0)
                try await expect(worker.admin, "penstock_worker_free_slots", [:], 2)
                let work = try await page(worker.admin)
                #expect(work.value(ended, ["state": "completed"]) == 1)
                #expect(work.value(ended, ["state": "failed"]) == 1)
                #expect(work.sum(ended) == 9)
                #expect(work.value("penstock_worker_jobs_taken_total") == 9)
                #expect(work.value("penstock_worker_slots") == 2)
                #expect(work.value("penstock_worker_running_jobs") == 0)
                // Ten of the first, and one of each of the six that were stopped while they ran; one had none.
                #expect(work.value("penstock_worker_tokens_total") == 16)
                #expect(work.value("penstock_worker_vain_tokens_total") == 0)
                #expect(work.value("penstock_worker_saved_tokens_total", ["total": "exact"]) == 694)
                #expect(work.sum("penstock_worker_stop_seconds_count", ["met": "running"]) == 6)
                #expect(work.sum("penstock_worker_stop_observed_seconds_count") == 6)
                #expect(work.value("penstock_worker_first_token_seconds_count") == 7)
                #expect(work.value("penstock_worker_takeovers_total") == 0)
                let generation = ["gen_ai_operation_name": "chat", "gen_ai_provider_name": "penstock.count"]
                #expect(work.value("gen_ai_server_request_duration_seconds_count", generation) == 7)
                #expect(
                    work.sum("gen_ai_server_request_duration_seconds_count", ["error_type": "INVALID_REQUEST"]) == 1)
                #expect(work.value("gen_ai_server_time_to_first_token_seconds_count", generation) == 7)
                #expect(work.value("gen_ai_server_time_per_output_token_seconds_count", generation) == 1)
                #expect(work.sum("gen_ai_client_token_usage_sum", ["gen_ai_token_type": "output"]) == 16)

                let front = try await page(frontend.admin)
                #expect(front.value("penstock_frontend_requests_total") == 9)
                let endings = "penstock_frontend_endings_total"
                #expect(front.value(endings, ["state": "completed"]) == 1)
                #expect(front.value(endings, ["state": "failed"]) == 1)
                #expect(front.value(endings, ["state": "cancelled", "by": "user", "mode": "stop"]) == 4)
                #expect(front.value(endings, ["state": "cancelled", "by": "user", "mode": "kill"]) == 1)
                #expect(front.value(endings, ["state": "cancelled", "by": "operator", "mode": "stop"]) == 1)
                // Who left is told no ending.
                #expect(front.sum(endings) == 8)
                let stops = "penstock_frontend_stops_total"
                for (outcome, by, mode, count) in [
                    ("stopped", "user", "stop", 3.0), ("stopped", "user", "kill", 1),
                    ("stopped", "disconnect", "stop", 1), ("dequeued", "user", "stop", 1),
                    ("already_stopped", "user", "stop", 1), ("already_completed", "user", "stop", 1),
                ] {
                    #expect(
                        front.value(stops, ["outcome": outcome, "by": by, "mode": mode]) == count, "\(outcome) \(by)")
                }
                func count(_ phase: String, _ met: String) -> Double? {
                    front.value("penstock_frontend_stop_\(phase)_seconds_count", ["met": met])
                }
                let met = ["running", "queued", "stopped", "ended"]
                #expect(met.map { count("recorded", $0) ?? -1 } == [5, 1, 1, 1])
                #expect(met.map { count("settled", $0) ?? -1 } == [4, 1, 0, 0])
                #expect(front.value("penstock_frontend_first_chunk_seconds_count") == 7)
                #expect(front.value("penstock_frontend_chunks_total") == 16)
                #expect(front.value("penstock_frontend_chunk_gap_seconds_count") == 9)
                #expect(front.value("penstock_frontend_outbound_bytes") == 0)
                #expect(front.value("penstock_frontend_connections") == 1)
                for page in [front, work] {
                    #expect((page.value("penstock_redis_round_trip_seconds_count") ?? 0) > 0)
                    #expect((page.value("penstock_control_path_beat_seconds_count") ?? 0) > 0)
                    #expect((page.value("penstock_event_loop_lag_seconds_count") ?? 0) > 0)
                    #expect((page.value("process_resident_memory_bytes") ?? 0) > 1_000_000)
                    let documented = try MetricsDocumentation()
                    for name in page.kinds.keys {
                        #expect(documented.labels[name] != nil, "\(name) is not documented")
                        #expect(page.labels(of: name).isSubset(of: documented.labels[name] ?? []), "\(name)")
                    }
                    // Ids are unbounded: no label holds one.
                    for label in Set(page.values.keys.flatMap(\.labels.values)) {
                        #expect(RequestID(label) == nil && label.utf8.count <= 32, "\(label)")
                    }
                }
            }
        }

        @Test("say nothing of the queue while Redis is away, and all of it when it is back")
        func outage() async throws {
            try await PenstockLab.with { lab in
                let frontend = try await lab.frontend()
                let client = try await lab.client(of: frontend)
                let stream = try await client.send(count: 3, interval: 0)
                try await stream.started()
                try await expect(frontend.admin, "penstock_queue_waiting_jobs", ["queue": "default"], 1)
                lab.redis.freeze()
                try await eventually("nothing old is shown", within: .seconds(20)) {
                    try await page(frontend.admin).kinds["penstock_queue_waiting_jobs"] == nil
                }
                lab.redis.thaw()
                try await expect(frontend.admin, "penstock_queue_waiting_jobs", ["queue": "default"], 1)
                _ = try await lab.worker()
                try await stream.ended()
                try await expect(frontend.admin, "penstock_queue_waiting_jobs", ["queue": "default"], 0)
                try await expect(frontend.admin, "penstock_queue_oldest_age_seconds", ["queue": "default"], 0)
            }
        }
    }
}
