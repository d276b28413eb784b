import NIOCore
import Shared
import Synchronization
import TestSupport
import Testing

/// How many may wait in a queue, and where a job stands in it: on the in-memory double and on a real Redis alike.
@Suite("Broker conformance: queues", .serialized, .timeLimit(.minutes(2)))
struct QueueConformanceTests {
    @Test("jobs are numbered as they come, and what was taken last is known", arguments: BrokerKind.allCases)
    func numbers(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            #expect(try await lab.frontend.lastTaken(of: lab.queue).get() == 0)
            let jobs = (0..<4).map { _ in lab.job() }
            for (index, job) in jobs.enumerated() {
                #expect(
                    try await lab.submit(job)
                        == .accepted(QueuePlace(number: UInt64(index) + 1, position: index + 1)))
            }
            #expect(try await lab.frontend.lastTaken(of: lab.queue).get() == 0)
            let first = try await lab.take()
            #expect(first.job == jobs[0])
            #expect(try await lab.frontend.lastTaken(of: lab.queue).get() == 1)
            _ = try await lab.take()
            #expect(try await lab.frontend.lastTaken(of: lab.queue).get() == 2)
            #expect(try await lab.frontend.request(jobs[3].requestID).get()?.jobNumber == 4)
            // One that is given back was taken all the same.
            _ = try await lab.worker.claim(first, worker: "w1").get()
            #expect(try await lab.worker.release(first, attempt: 1, worker: "w1").get() == .held)
            #expect(try await lab.frontend.lastTaken(of: lab.queue).get() == 2)
            #expect(try await lab.submit(lab.job()) == .accepted(QueuePlace(number: 5, position: 3)))
        }
    }

    @Test("how a queue stands is told at any length, by whoever is asked", arguments: BrokerKind.allCases)
    func status(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            func status() async throws -> QueueStatus {
                let status = try await lab.worker.queueStatus(of: lab.queue).get()
                let same = try await lab.frontend.queueStatus(of: lab.queue).get()
                #expect(same.waiting == status.waiting)
                #expect(same.taken == status.taken)
                return status
            }
            #expect(try await status() == QueueStatus(waiting: 0, taken: 0, oldestAge: .zero))
            let jobs = (0..<25).map { _ in lab.job() }
            for job in jobs { try await lab.submit(job) }
            try await eventually("the oldest has an age") { try await status().oldestAge ?? .zero > .milliseconds(5) }
            #expect(try await status().waiting == 25)
            let delivery = try await lab.take()
            #expect(try await status().waiting == 24)
            #expect(try await status().taken == 1)
            // Those that were stopped count until a worker passes over them; their age does not.
            let oldest = try #require(try await lab.frontend.request(jobs[24].requestID).get()).createdAt
            for job in jobs[1..<24] {
                _ = try await lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: nil).get()
            }
            let before = try #require(try await status().oldestAge)
            #expect(try await status().waiting == 24)
            for _ in 1..<24 { _ = try await lab.take() }
            let now = try #require(try await status().oldestAge)
            #expect(try await status().waiting == 1)
            #expect(
                now >= .zero && now <= .microseconds(Timestamp.now().microseconds - oldest.microseconds + 1_000_000))
            #expect(before > .zero)
            _ = try await lab.take()
            #expect(try await status().waiting == 0)
            #expect(try await status().taken == 25)
            #expect(try await status().oldestAge == .zero)
            try await lab.worker.acknowledge(delivery).get()
            #expect(try await status().taken == 24)
        }
    }

    @Test("a full queue takes nothing, and nothing is left of what it did not take", arguments: BrokerKind.allCases)
    func fullQueue(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            #expect(try await lab.submit(lab.job(), limit: 2).isAccepted)
            #expect(try await lab.submit(lab.job(), limit: 2).isAccepted)
            let job = lab.job()
            for _ in 0..<2 {
                #expect(try await lab.submit(job, limit: 2) == .queueFull(waiting: 2))
                #expect(try await lab.frontend.request(job.requestID).get() == nil)
                #expect(try await lab.message(job.requestID) == nil)
                #expect(try await lab.frontend.sessionOwner(job.sessionID).get() == nil)
                #expect(try await lab.frontend.messages(of: job.sessionID, limit: 9, bytes: 1000).get().isEmpty)
            }
            let taken = try await lab.take()
            #expect(try await lab.submit(job, limit: 2) == .accepted(QueuePlace(number: 3, position: 2)))
            // What was accepted is joined, however full the queue is.
            #expect(try await lab.submit(job, limit: 1) == .joined(job.sessionID))
            #expect(try await lab.submit(taken.job, limit: 1) == .joined(taken.job.sessionID))
            #expect(try await lab.submit(lab.job(), limit: nil).isAccepted)
        }
    }

    @Test("of many that come at once no more are taken than there is room for", arguments: BrokerKind.allCases)
    func rush(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let accepted = try await withThrowingTaskGroup(of: SubmitOutcome.self) { group in
                for _ in 0..<40 { group.addTask { try await lab.submit(lab.job(), limit: 7) } }
                return try await group.reduce(into: 0) { $0 += $1.isAccepted ? 1 : 0 }
            }
            #expect(accepted == 7)
            let taken = try await lab.worker.takeJobs(queue: lab.queue, worker: "w1", limit: 40, wait: .seconds(5))
            #expect(taken.count <= 7)
        }
    }

    @Test("a stop right behind its submission finds the job in its queue, or nothing", arguments: BrokerKind.allCases)
    func stopRightBehind(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            for room in [1, 0] {
                let job = lab.job()
                let submission = Submission(job: job, queue: lab.queue, isNewSession: true, queueLimit: room)
                // Sent in one turn.
                let (outcome, receipt) = try await lab.frontend.eventLoop.flatSubmit {
                    let submitted = lab.frontend.submit(submission)
                    return submitted.and(
                        lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: "ada")
                            .map { $0.outcome as StopOutcome? }
                            .flatMapErrorThrowing { error in
                                guard (error as? BrokerError)?.code == .notFound else { throw error }
                                return nil
                            })
                }.get()
                let record = try await lab.frontend.request(job.requestID).get()
                if room == 1 {
                    #expect(outcome == .accepted(QueuePlace(number: 1, position: 1)) && receipt == .dequeued)
                    #expect(record?.state == .cancelled && record?.jobEntryID != nil)
                    #expect(try await lab.message(job.requestID)?.finishReason == "cancelled")
                    #expect(try await lab.endings(job.requestID).count == 1)
                } else {
                    #expect(outcome == .queueFull(waiting: 1) && receipt == nil && record == nil)
                }
            }
        }
    }

    @Test(
        "it is told once that a job is in its queue, before or when all of it is saved", arguments: BrokerKind.allCases)
    func toldOfAcceptance(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let told = Mutex(0)
            func submit(_ job: GenerationJob, limit: Int? = nil) async throws -> (SubmitOutcome, Int) {
                told.withLock { $0 = 0 }
                let outcome = try await lab.frontend.submit(
                    Submission(job: job, queue: lab.queue, isNewSession: true, queueLimit: limit)
                ) { told.withLock { $0 += 1 } }.get()
                return (outcome, told.withLock { $0 })
            }
            let job = lab.job("one")
            let cases: [(GenerationJob, Int?, SubmitOutcome, Int)] = [
                (job, nil, .accepted(QueuePlace(number: 1, position: 1)), 1), (job, nil, .joined(job.sessionID), 0),
                (lab.job("two", id: job.requestID), nil, .conflict, 0), (lab.job(), 1, .queueFull(waiting: 1), 0),
            ]
            for (job, limit, expected, times) in cases {
                let (outcome, told) = try await submit(job, limit: limit)
                #expect(outcome == expected && told == times)
            }
        }
    }

    @Test("the numbers go on when the stream is cut, and foreign entries do not fill the queue")
    func cutStreams() async throws {
        try await BrokerLab.with(.redis) { lab in
            for _ in 0..<3 { try await lab.submit(lab.job()) }
            for _ in 0..<3 { _ = try await lab.take() }
            try await withClient(#require(lab.redis)) { client in
                try await client.call("XTRIM", "jobs:q", "MAXLEN", 0)
                #expect(
                    try await lab.submit(lab.job(), limit: 1) == .accepted(QueuePlace(number: 4, position: 1)))
                #expect(try await lab.take().entryID == "4-0")
                #expect(try await lab.frontend.queueStatus(of: "q").get().waiting == 0)
                try await client.call("XADD", "jobs:q", "1000000-5", "who", "me")
                #expect(
                    try await lab.frontend.queueStatus(of: "q").get()
                        == QueueStatus(waiting: 2, taken: 4, oldestAge: .zero))
                #expect(
                    try await lab.submit(lab.job(), limit: 10) == .accepted(QueuePlace(number: 1_000_001, position: 3)))
            }
        }
    }

    @Test("an owner has no more open requests than it may, whoever asks", arguments: BrokerKind.allCases)
    func counts(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let jobs = (0..<3).map { _ in lab.job() }
            func count(_ job: GenerationJob, _ owner: String = "ada") async throws -> CountOutcome {
                try await lab.frontend.count(job.requestID, of: owner, limit: 2).get()
            }
            #expect(try await count(jobs[0]) == .counted)
            #expect(try await count(jobs[0]) == .present)
            #expect(try await count(jobs[1]) == .counted)
            // They are about to be submitted.
            #expect(try await count(jobs[2]) == .full)
            #expect(try await count(jobs[2], "eve {}") == .counted)
            try await lab.frontend.discount(jobs[1].requestID, of: "ada").get()
            try await lab.frontend.discount(jobs[1].requestID, of: "ada").get()
            #expect(try await count(jobs[2]) == .counted)
            #expect(try await count(jobs[1]) == .full)
        }
    }

    @Test("of many requests of an owner that come at once no more count than may", arguments: BrokerKind.allCases)
    func rushOfAnOwner(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let counted = try await withThrowingTaskGroup(of: CountOutcome.self) { group in
                for _ in 0..<40 {
                    group.addTask { try await lab.frontend.count(.random(), of: "ada", limit: 7).get() }
                }
                return try await group.reduce(into: 0) { $0 += $1 == .counted ? 1 : 0 }
            }
            #expect(counted == 7)
        }
    }

    @Test("what ended without anybody's notice is found out at the bound", arguments: BrokerKind.allCases)
    func miscounts(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let (open, ended, never) = (lab.job(), lab.job(), RequestID.random())
            for id in [open.requestID, ended.requestID, never] {
                #expect(try await lab.frontend.count(id, of: "ada", limit: 3).get() == .counted)
            }
            try await lab.submit(open)
            try await lab.submit(ended)
            _ = try await lab.frontend.stop(ended.requestID, intent: StopIntent(by: .user), owner: nil).get()
            let next = RequestID.random()
            #expect(try await lab.frontend.count(next, of: "ada", limit: 3).get() == .counted)
            #expect(try await lab.frontend.count(ended.requestID, of: "ada", limit: 3).get() == .full)
            // What was not submitted within a minute will not be.
            if let redis = lab.redis {
                try await withClient(redis) { client in
                    try await client.call("ZADD", "owner:{ada}:requests", "XX", 1, .string(never.text))
                }
            }
            lab.store?.advance(by: .seconds(61))
            try await eventually("the one that never was is found out") {
                try await lab.frontend.count(.random(), of: "ada", limit: 3).get() == .counted
            }
            #expect(try await lab.frontend.count(open.requestID, of: "ada", limit: 3).get() == .present)
        }
    }
}
