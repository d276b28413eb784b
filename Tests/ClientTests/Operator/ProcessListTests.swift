import NIOCore
import Shared
import Testing

@testable import Client

@Suite(.timeLimit(.minutes(1))) struct ProcessListTests {
    @Test func listsTheQueuesOfLiveNodesThoseTheyForwardToAndThoseAskedFor() async throws {
        try await withBroker { broker, _ in
            let start = Timestamp(microseconds: 0)
            _ = try await broker.announce(
                NodeRecord(
                    id: "m", role: .worker, host: "h", pid: 1, queue: "middle", generator: "forward:back", slots: 4,
                    startedAt: start)
            ).get()
            let jobs = [submission("middle"), submission("back"), submission("lost")]
            for job in jobs { _ = try await broker.submit(job).get() }
            let list = try await ProcessList.read(queues: ["lost"], limit: 10, from: broker)
            #expect(list.queues == ["back", "lost", "middle"])
            #expect(Set(list.jobs.map(\.requestID)) == Set(jobs.map(\.job.requestID)))
            #expect(list.jobs.allSatisfy { $0.state == "queued" })
            #expect(!list.isTruncated)
            let lines = list.lines(now: Timestamp(microseconds: 65_000_000))
            #expect(lines[0].hasPrefix("NODE  ROLE    HOST  PID  QUEUE   GENERATOR"))
            #expect(lines[1].hasSuffix("0/4      1m05s"))
        }
    }

    @Test(arguments: [
        (0, "0.0s"), (1_250, "1.2s"), (59_999, "59.9s"), (245_000, "4m05s"), (7_800_000, "2h10m"),
        (273_600_000, "3d4h"), (-5, "0.0s"),
    ])
    func ages(_ milliseconds: Int64, _ expected: String) {
        let now = Timestamp(microseconds: milliseconds * 1000)
        #expect(ProcessList.age(since: Timestamp(microseconds: 0), now: now) == expected)
    }
}
