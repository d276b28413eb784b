import NIOCore
import Shared
import Synchronization
import TestSupport
import Testing

/// What every broker guarantees, tried on the in-memory double and on a real Redis alike.
@Suite("Broker conformance", .timeLimit(.minutes(2)))
struct BrokerConformanceTests {
    @Test("a request runs from submission to its saved message", arguments: BrokerKind.allCases)
    func wholeRequest(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job("say a b")
            #expect(try await lab.submit(job).isAccepted)
            let delivery = try await lab.take()
            #expect(delivery.job == job)
            #expect(try await lab.frontend.request(job.requestID).get()?.jobEntryID == delivery.entryID)
            #expect(
                try await lab.worker.claim(delivery, worker: "w1").get() == .claimed(attempt: 1, text: "", tokens: 0))
            #expect(try await lab.append(job.requestID, 1, 1, "a ") == .written)
            #expect(try await lab.message(job.requestID)?.content == "a ")
            #expect(try await lab.message(job.requestID)?.finishReason == nil)
            #expect(try await lab.append(job.requestID, 1, 2, "b \"ü\n") == .written)
            let ending = try await lab.finish(job.requestID, 1)
            #expect(ending?.state == .completed)
            #expect(ending?.usage.outputTokens == 2)
            try await lab.worker.acknowledge(delivery).get()
            let message = try #require(try await lab.message(job.requestID))
            #expect(message.content == "a b \"ü\n")
            #expect(message.isComplete)
            #expect(message.finishReason == "stop")
            #expect(message.completedAt != nil)
            #expect(
                try await lab.entries(job.requestID).map(\.id.description) == [
                    "1-0", "1-1", "1-2", "1-281474976710657",
                ])
            #expect(try await lab.frontend.request(job.requestID).get()?.state == .completed)
            let said = try await lab.frontend.messages(of: job.sessionID, limit: 10, bytes: 1000).get()
            #expect(said.map(\.role) == ["user", "assistant"])
            #expect(said.first?.content == "say a b")
            #expect(said.last?.parentMessageID == said.first?.messageID)
            let last = try await lab.frontend.messages(of: job.sessionID, limit: 10, bytes: 1).get()
            #expect(last.map(\.role) == ["assistant"])
            #expect(try await lab.frontend.sessionOwner(job.sessionID).get() == "ada")
            #expect(try await lab.frontend.sessionOwner(.random()).get() == nil)
        }
    }

    @Test("who watches is counted, and who left is noted", arguments: BrokerKind.allCases)
    func audience(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            var job = lab.job()
            job.disconnectGrace = 7
            try await lab.submit(job)
            let id = job.requestID
            #expect(try await lab.frontend.request(id).get()?.disconnectGrace == 7)
            #expect(try await lab.frontend.audience(of: id).get() == Audience(viewers: 0, sinceLeaving: nil))
            let viewers = [lab.frontend, lab.worker].map { $0.followTokens(of: id) { _ in } }
            for viewer in viewers { try await viewer.confirmed.get() }
            #expect(try await lab.frontend.audience(of: id).get().viewers == 2)
            viewers[1].cancel()
            try await lab.frontend.viewersLeft(id).get()
            try await eventually { try await lab.worker.audience(of: id).get().viewers == 1 }
            let first = try #require(try await lab.worker.audience(of: id).get().sinceLeaving)
            #expect(first >= .zero && first < .seconds(60))
            try await eventually {
                try await lab.frontend.audience(of: id).get().sinceLeaving ?? .zero > first + .milliseconds(20)
            }
            try await lab.frontend.viewersLeft(id).get()
            let second = try #require(try await lab.frontend.audience(of: id).get().sinceLeaving)
            #expect(second >= .zero && second < .seconds(60))
            viewers[0].cancel()
            // Of what is not known nothing is kept.
            let other = RequestID.random()
            try await lab.frontend.viewersLeft(other).get()
            #expect(try await lab.frontend.audience(of: other).get() == Audience(viewers: 0, sinceLeaving: nil))
        }
    }

    @Test("a failure is saved with its message", arguments: BrokerKind.allCases)
    func failure(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            _ = try await lab.start(job)
            let failure = Ending.Failure(code: .backendTimeout, message: "the engine said nothing")
            let ending = try await lab.worker.finish(
                job.requestID, attempt: 1,
                ending: AttemptEnding(state: .failed, finishReason: "error", error: failure)
            ).get()
            #expect(ending?.error == failure)
            let message = try #require(try await lab.message(job.requestID))
            #expect(message.error == failure)
            #expect(message.finishReason == "error")
            #expect(!message.isComplete)
        }
    }

    @Test("a stop of a queued request ends it without a worker", arguments: BrokerKind.allCases)
    func stopQueued(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            try await lab.submit(job)
            let receipt = try await lab.frontend.stop(
                job.requestID, intent: StopIntent(by: .user, reason: "enough"), owner: "ada"
            ).get()
            #expect(receipt == StopReceipt(outcome: .dequeued, last: .start))
            let message = try #require(try await lab.message(job.requestID))
            #expect(message.finishReason == "cancelled")
            #expect(!message.isComplete)
            #expect(message.stop?.reason == "enough")
            #expect(message.stop?.by == .user)
            #expect(message.stop?.observedAt != nil)
            let delivery = try await lab.take()
            #expect(try await lab.worker.claim(delivery, worker: "w1").get() == .ended(.cancelled))
            #expect(try await lab.endings(job.requestID).count == 1)
        }
    }

    @Test("a stop seals the log of a running request, and wins over its completion", arguments: BrokerKind.allCases)
    func stopRunning(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            let delivery = try await lab.start(job)
            #expect(try await lab.append(job.requestID, 1, 1, "a ") == .written)
            let stop = StopIntent(by: .user)
            let receipt = try await lab.frontend.stop(job.requestID, intent: stop, owner: "ada").get()
            #expect(receipt == StopReceipt(outcome: .stopped, last: EntryID(attempt: 1, index: 1)))
            #expect(try await lab.append(job.requestID, 1, 2, "b ") == .sealed)
            #expect(try await lab.append(job.requestID, 1, 1, "a ") == .written)
            guard case .stopped(let intent) = try await lab.worker.renew(delivery, attempt: 1, worker: "w1").get()
            else {
                Issue.record("the lease does not tell of the stop")
                return
            }
            #expect(intent.by == .user)
            let again = try await lab.frontend.stop(job.requestID, intent: stop, owner: "ada").get()
            #expect(again.outcome == .alreadyStopped)
            let ending = try await lab.finish(job.requestID, 1, .completed)
            #expect(ending?.state == .cancelled)
            #expect(ending?.finishReason == "cancelled")
            #expect(ending?.stop?.requestedAt != nil)
            #expect(try await lab.message(job.requestID)?.content == "a ")
            let late = try await lab.frontend.stop(job.requestID, intent: stop, owner: "ada").get()
            #expect(late.outcome == .alreadyStopped)
            #expect(try await lab.endings(job.requestID).count == 1)
        }
    }

    @Test("a stop after the end changes nothing", arguments: BrokerKind.allCases)
    func stopEnded(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            _ = try await lab.start(job)
            let ending = try await lab.finish(job.requestID, 1)
            #expect(try await lab.finish(job.requestID, 1, .failed) == ending)
            let receipt = try await lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: nil).get()
            #expect(receipt.outcome == .alreadyCompleted)
            #expect(try await lab.append(job.requestID, 1, 1, "x") == .fenced)
            #expect(try await lab.message(job.requestID)?.isComplete == true)
        }
    }

    @Test("a foreign or unknown request does not exist", arguments: BrokerKind.allCases)
    func foreign(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            try await lab.submit(job)
            for (id, owner) in [(job.requestID, "eve"), (.random(), "ada")] {
                let error = await #expect(throws: BrokerError.self) {
                    try await lab.frontend.stop(id, intent: StopIntent(by: .user), owner: owner).get()
                }
                #expect(error?.code == .notFound)
            }
            #expect(try await lab.frontend.request(job.requestID).get()?.state == .queued)
            #expect(try await lab.frontend.request(.random()).get() == nil)
            #expect(try await lab.frontend.message(.random()).get() == nil)
        }
    }

    @Test("the same id joins, or is refused to others", arguments: BrokerKind.allCases)
    func sameID(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job("one")
            #expect(try await lab.submit(job).isAccepted)
            #expect(try await lab.submit(job) == .joined(job.sessionID))
            #expect(try await lab.submit(lab.job("two", id: job.requestID)) == .conflict)
            #expect(try await lab.submit(lab.job("one", id: job.requestID, owner: "eve")) == .conflict)
            _ = try await lab.take()
            let more = try await lab.worker.takeJobs(queue: lab.queue, worker: "w1", limit: 9, wait: .milliseconds(50))
            #expect(more.isEmpty)
            #expect(try await lab.frontend.messages(of: job.sessionID, limit: 10, bytes: 1000).get().count == 2)
        }
    }

    @Test("another worker takes over, and the first can write nothing more", arguments: BrokerKind.allCases)
    func takeOver(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            let first = try await lab.start(job)
            #expect(try await lab.append(job.requestID, 1, 1, "a ") == .written)
            #expect(
                try await lab.worker.reclaimJobs(queue: lab.queue, worker: "w2", idle: .hours(1), limit: 5).get()
                    .isEmpty)
            let second = try await lab.worker.reclaimJobs(queue: lab.queue, worker: "w2", idle: .zero, limit: 5).get()
            #expect(second.map(\.entryID) == [first.entryID] && second.map(\.deliveries) == [2])
            #expect(
                try await lab.worker.claim(second[0], worker: "w2").get() == .claimed(attempt: 2, text: "a ", tokens: 1)
            )
            #expect(try await lab.append(job.requestID, 1, 2, "zombie ") == .fenced)
            #expect(try await lab.worker.renew(first, attempt: 1, worker: "w1").get() == .lost)
            #expect(try await lab.worker.release(first, attempt: 1, worker: "w1").get() == .lost)
            #expect(try await lab.finish(job.requestID, 1) == nil)
            #expect(try await lab.append(job.requestID, 2, 1, "b ") == .written)
            #expect(try await lab.finish(job.requestID, 2)?.state == .completed)
            #expect(try await lab.finish(job.requestID, 1) == nil)
            #expect(try await lab.message(job.requestID)?.content == "a b ")
            #expect(try await lab.endings(job.requestID).count == 1)
        }
    }

    @Test("a stop recorded while the worker is dead is obeyed by the next claim", arguments: BrokerKind.allCases)
    func stopThenTakeOver(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            _ = try await lab.start(job)
            #expect(try await lab.append(job.requestID, 1, 1, "a ") == .written)
            _ = try await lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: "ada").get()
            let second = try await lab.worker.reclaimJobs(queue: lab.queue, worker: "w2", idle: .zero, limit: 5).get()
            #expect(try await lab.worker.claim(second[0], worker: "w2").get() == .ended(.cancelled))
            #expect(try await lab.message(job.requestID)?.content == "a ")
            #expect(try await lab.message(job.requestID)?.finishReason == "cancelled")
        }
    }

    @Test("a released job is there for others at once, with what was said", arguments: BrokerKind.allCases)
    func release(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            let first = try await lab.start(job)
            let told = Mutex(0)
            let releases = lab.worker.onRelease(queue: lab.queue) { told.withLock { $0 += 1 } }
            try await releases.confirmed.get()
            #expect(try await lab.worker.takers(of: lab.queue).get() == 1)
            #expect(try await lab.worker.takers(of: "other").get() == 0)
            #expect(try await lab.append(job.requestID, 1, 1, "a ") == .written)
            #expect(try await lab.worker.release(first, attempt: 1, worker: "w1").get() == .held)
            try await eventually("the release is told") { told.withLock { $0 } == 1 }
            releases.cancel()
            #expect(try await lab.frontend.request(job.requestID).get()?.state == .queued)
            let second = try await lab.worker.reclaimJobs(queue: lab.queue, worker: "w2", idle: .minutes(1), limit: 5)
                .get()
            #expect(second == [first])
            #expect(
                try await lab.worker.claim(second[0], worker: "w2").get() == .claimed(attempt: 2, text: "a ", tokens: 1)
            )
        }
    }

    @Test("a stop of a released job ends it with what was said", arguments: BrokerKind.allCases)
    func stopReleased(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            let first = try await lab.start(job)
            #expect(try await lab.append(job.requestID, 1, 1, "a ") == .written)
            #expect(try await lab.worker.release(first, attempt: 1, worker: "w1").get() == .held)
            let receipt = try await lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: "ada").get()
            #expect(receipt == StopReceipt(outcome: .dequeued, last: EntryID(attempt: 1, index: 1)))
            #expect(try await lab.message(job.requestID)?.content == "a ")
            #expect(try await lab.finish(job.requestID, 1)?.state == .cancelled)
        }
    }

    @Test("a stop wins over a release", arguments: BrokerKind.allCases)
    func stopThenRelease(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            let delivery = try await lab.start(job)
            _ = try await lab.frontend.stop(
                job.requestID, intent: StopIntent(mode: .kill, by: .user, reason: "now"), owner: "ada"
            ).get()
            guard
                case .stopped(let stop) = try await lab.worker.release(delivery, attempt: 1, worker: "w1").get()
            else {
                Issue.record("released in spite of a stop")
                return
            }
            #expect(stop.mode == .kill)
            #expect(stop.reason == "now")
        }
    }

    @Test("signals pass on the stop channel, and a kill may follow a stop", arguments: BrokerKind.allCases)
    func signals(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            _ = try await lab.start(job)
            let heard = Mutex<[StopSignal]>([])
            let subscription = lab.worker.listenForStops(of: job.requestID) { event in
                if case .signal(let signal) = event { heard.withLock { $0.append(signal) } }
            }
            try await subscription.confirmed.get()
            let stop = StopIntent(mode: .stop, by: .user, reason: "two words")
            let kill = StopIntent(mode: .kill, by: .operator)
            _ = try await lab.frontend.stop(job.requestID, intent: stop, owner: nil).get()
            _ = try await lab.frontend.stop(job.requestID, intent: kill, owner: nil).get()
            let ending = try await lab.finish(job.requestID, 1, .cancelled)
            #expect(ending?.stop?.mode == .kill)
            #expect(ending?.stop?.reason == "two words")
            try await eventually("three signals") { heard.withLock { $0.count } == 3 }
            #expect(
                heard.withLock { $0.first } == .recorded(StopIntent(mode: .stop, by: .user, reason: "two words"))
                    || kind == .inMemory)
            #expect(heard.withLock { $0.last } == .ended)
            subscription.cancel()
        }
    }

    @Test("waiting for jobs ends with a job, with time, and with cancellation", arguments: BrokerKind.allCases)
    func waiting(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            // The first call may only make the group.
            _ = try await lab.worker.takeJobs(queue: lab.queue, worker: "w1", limit: 1, wait: .milliseconds(10))
            #expect(
                try await lab.worker.takeJobs(queue: lab.queue, worker: "w1", limit: 1, wait: .milliseconds(20)).isEmpty
            )
            async let taken = lab.worker.takeJobs(queue: lab.queue, worker: "w1", limit: 1, wait: .seconds(30))
            try await lab.submit(lab.job())
            #expect(try await taken.count == 1)
            let waiter = Task {
                try await lab.worker.takeJobs(queue: lab.queue, worker: "w1", limit: 1, wait: .seconds(30))
            }
            try await Task.sleep(for: .milliseconds(20))
            waiter.cancel()
            let started = ContinuousClock.now
            _ = try? await waiter.value
            #expect(ContinuousClock.now - started < .seconds(10))
        }
    }

    @Test("operators see what is queued and what runs", arguments: BrokerKind.allCases)
    func listing(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let running = lab.job()
            _ = try await lab.start(running)
            _ = try await lab.append(running.requestID, 1, 1, "a ")
            let queued = lab.job()
            try await lab.submit(queued)
            let jobs = try await lab.frontend.queuedJobs(queue: lab.queue, limit: 10).get()
            #expect(jobs.map(\.record.id) == [running.requestID, queued.requestID])
            #expect(jobs.map(\.record.state) == [.running, .queued])
            #expect(jobs.map(\.tokens) == [1, 0])
            var node = NodeRecord(
                id: "w1", role: .worker, host: "h", pid: 1, queue: lab.queue, generator: "count", slots: 4,
                running: [running.requestID], startedAt: .now())
            #expect(try await !lab.worker.announce(node).get())
            #expect(try await lab.worker.nodes().get() == [node])
            node.isDraining = true
            #expect(try await lab.worker.announce(node).get())
            #expect(try await lab.frontend.nodes().get() == [node])
            try await lab.worker.retire("w1").get()
            #expect(try await lab.frontend.nodes().get().isEmpty)
        }
    }

    @Test("what a worker believes to be in the log is saved only if it is so", arguments: BrokerKind.allCases)
    func knownContent(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            for (known, isStopped) in [(1, false), (2, false), (2, true)] as [(UInt64, Bool)] {
                let job = lab.job()
                _ = try await lab.start(job)
                _ = try await lab.append(job.requestID, 1, 1, "a ")
                _ = try await lab.append(job.requestID, 1, 2, "b ")
                if isStopped {
                    _ = try await lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: nil).get()
                }
                let content = LogContent(
                    last: EntryID(attempt: 1, index: known), text: known == 2 ? "a b " : "a ", tokens: Int(known))
                let ending = try await lab.worker.finish(
                    job.requestID, attempt: 1,
                    ending: AttemptEnding(state: .completed, finishReason: "stop", known: content)
                ).get()
                #expect(ending?.state == (isStopped ? .cancelled : .completed))
                #expect(ending?.usage.outputTokens == 2)
                #expect(try await lab.message(job.requestID)?.content == "a b ")
            }
        }
    }

    @Test(
        "chunks that are written together are written all or none, also when it is repeated",
        arguments: BrokerKind.allCases)
    func batch(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            _ = try await lab.start(job)
            let heard = Mutex<[EntryID]>([])
            let feed = lab.frontend.followTokens(of: job.requestID) { event in
                if case .entry(let entry) = event { heard.withLock { $0.append(entry.id) } }
            }
            try await feed.confirmed.get()
            let chunks = (1...5).map { index in
                TokenChunk(
                    id: EntryID(attempt: 1, index: UInt64(index)), text: index == 3 ? "three, " : "\(index) ",
                    tokens: index == 3 ? 7 : 1)
            }
            let request = job.requestID
            #expect(try await lab.worker.append(Array(chunks[..<3]), to: request).get() == .written)
            try await eventually("the feed brings each") { heard.withLock { $0 } == chunks[..<3].map(\.id) }
            // As when the answer was lost.
            #expect(try await lab.worker.append(Array(chunks[..<3]), to: request).get() == .written)
            #expect(
                try await lab.entries(request).map(\.body).dropFirst() == [
                    .chunk(text: "1 ", tokens: 1), .chunk(text: "2 ", tokens: 1), .chunk(text: "three, ", tokens: 7),
                ])
            _ = try await lab.frontend.stop(request, intent: StopIntent(by: .user), owner: "ada").get()
            #expect(try await lab.worker.append(Array(chunks[3...]), to: request).get() == .sealed)
            #expect(try await lab.worker.append(Array(chunks[..<3]), to: request).get() == .written)
            _ = try await lab.finish(request, 1, .cancelled)
            #expect(try await lab.worker.append(Array(chunks[3...]), to: request).get() == .fenced)
            #expect(try await lab.message(request)?.content == "1 2 three, ")
            feed.cancel()
        }
    }

    @Test(
        "a restart makes what was said void, for readers, for the next worker and in the saved message",
        arguments: BrokerKind.allCases)
    func restart(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            let first = try await lab.start(job)
            let heard = Mutex<[TokenEntry.Body]>([])
            let feed = lab.frontend.followTokens(of: job.requestID) { event in
                if case .entry(let entry) = event { heard.withLock { $0.append(entry.body) } }
            }
            try await feed.confirmed.get()
            #expect(try await lab.append(job.requestID, 1, 1, "a ") == .written)
            let restart = TokenChunk.restart(EntryID(attempt: 1, index: 2))
            #expect(try await lab.worker.append([restart], to: job.requestID).get() == .written)
            #expect(try await lab.worker.append([restart], to: job.requestID).get() == .written)
            #expect(try await lab.message(job.requestID)?.content == "")
            #expect(try await lab.append(job.requestID, 1, 3, "b ") == .written)
            #expect(try await lab.message(job.requestID)?.content == "b ")
            #expect(
                try await lab.entries(job.requestID).map(\.body).dropFirst() == [
                    .chunk(text: "a ", tokens: 1), .restarted, .chunk(text: "b ", tokens: 1),
                ])
            try await eventually("the feed tells") {
                heard.withLock { $0.contains(.restarted) && $0.last == .chunk(text: "b ", tokens: 1) }
            }
            feed.cancel()
            let jobs = try await lab.frontend.queuedJobs(queue: lab.queue, limit: 10).get()
            #expect(jobs.map(\.tokens) == [1])
            #expect(
                try await lab.worker.claim(first, worker: "w2").get() == .claimed(attempt: 2, text: "b ", tokens: 1))
            #expect(try await lab.append(job.requestID, 2, 1, "c") == .written)
            #expect(try await lab.finish(job.requestID, 2)?.usage.outputTokens == 2)
            #expect(try await lab.message(job.requestID)?.content == "b c")
        }
    }

    @Test(
        "deliveries count, but not those that were given back nor those of a worker that goes on",
        arguments: BrokerKind.allCases)
    func deliveries(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            func reclaim() async throws -> JobDelivery {
                let taken = try await lab.worker.reclaimJobs(queue: lab.queue, worker: "w", idle: .zero, limit: 5).get()
                return try #require(taken.first)
            }
            #expect(try await lab.start(lab.job()).deliveries == 1)
            var delivery = try await reclaim()
            #expect(delivery.deliveries == 2)
            #expect(
                try await lab.worker.claim(delivery, worker: "w").get() == .claimed(attempt: 2, text: "", tokens: 0))
            for _ in 0..<2 {
                #expect(try await lab.worker.release(delivery, attempt: 2, worker: "w").get() == .held)
            }
            delivery = try await reclaim()
            #expect(delivery.deliveries == 2)
            #expect(
                try await lab.worker.claim(delivery, worker: "w").get() == .claimed(attempt: 3, text: "", tokens: 0))
            #expect(try await reclaim().deliveries == 3)
            // The worker was not dead: its renewal takes that back.
            #expect(try await lab.worker.renew(delivery, attempt: 3, worker: "w").get() == .held)
            #expect(try await reclaim().deliveries == 3)
        }
    }

    @Test("a job that is given up ends its request and is kept apart", arguments: BrokerKind.allCases)
    func bury(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let failure = Ending.Failure(code: .internalError, message: "gave up after 1 deliveries")
            let job = lab.job()
            _ = try await lab.start(job)
            #expect(try await lab.append(job.requestID, 1, 1, "a ") == .written)
            let again = try await lab.worker.reclaimJobs(queue: lab.queue, worker: "w2", idle: .zero, limit: 5).get()
            // Each answer may be lost.
            for _ in 0..<2 {
                #expect(try await lab.worker.giveUp(again[0], failure: failure).get() == .givenUp)
            }
            #expect(try await lab.worker.bury(again[0], reason: "deliveries").get())
            for _ in 0..<2 {
                #expect(try await !lab.worker.bury(again[0], reason: "deliveries").get())
            }
            #expect(try await lab.endings(job.requestID).map(\.state) == [.failed])
            #expect(try await lab.endings(job.requestID).first?.error == failure)
            #expect(try await lab.message(job.requestID)?.content == "a ")
            // The worker that was taken for dead is not.
            #expect(try await lab.append(job.requestID, 1, 2, "b ") == .fenced)
            #expect(try await lab.finish(job.requestID, 1)?.state == .failed)
            let left = try await lab.worker.reclaimJobs(queue: lab.queue, worker: "w2", idle: .zero, limit: 5).get()
            #expect(left.isEmpty)
            let dead = try await lab.caretaker.deadJobs(queue: lab.queue, limit: 10).get()
            #expect(dead.map(\.requestID) == [job.requestID] && dead.map(\.job) == [job])
            #expect(dead.map(\.deliveries) == [2] && dead.map(\.reason) == ["deliveries"])
            #expect(dead.map(\.entryID) == [again[0].entryID])

            let replay = try #require(dead[0].replay)
            #expect(replay.job.requestID != job.requestID && replay.job.content == job.content)
            #expect(dead[0].replay?.job.requestID == replay.job.requestID)
            #expect(try await lab.caretaker.submit(replay).get().isAccepted)
            #expect(try await lab.take().job.requestID == replay.job.requestID)
            #expect(try await lab.caretaker.dropDeadJob(dead[0].id, queue: lab.queue).get())
            #expect(try await !lab.caretaker.dropDeadJob(dead[0].id, queue: lab.queue).get())
            #expect(try await lab.caretaker.deadJobs(queue: lab.queue, limit: 10).get().isEmpty)
        }
    }

    @Test("a recorded stop wins over giving up", arguments: BrokerKind.allCases)
    func stopThenBury(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            let delivery = try await lab.start(job)
            _ = try await lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: "ada").get()
            let failure = Ending.Failure(code: .internalError, message: "gave up")
            #expect(try await lab.worker.giveUp(delivery, failure: failure).get() == .ended)
            #expect(try await lab.worker.giveUp(delivery, failure: failure).get() == .ended)
            #expect(try await lab.endings(job.requestID).map(\.state) == [.cancelled])
            let copy = JobDelivery(queue: lab.queue, entryID: "9-9", job: job)
            #expect(try await lab.worker.giveUp(copy, failure: failure).get() == .superseded)
            #expect(try await lab.caretaker.deadJobs(queue: lab.queue, limit: 10).get().isEmpty)
        }
    }

    @Test("a stop of a request reaches what works for it", arguments: BrokerKind.allCases)
    func attached(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let (parent, child, grandchild) = (lab.job(), lab.job(), lab.job())
            _ = try await lab.start(parent)
            func attach(_ child: GenerationJob, _ to: GenerationJob, _ attempt: UInt64) async throws -> LeaseState {
                try await lab.worker.attach(child: child.requestID, to: to.requestID, attempt: attempt).get()
            }
            #expect(try await attach(child, parent, 2) == .lost)
            for _ in 0..<2 { #expect(try await attach(child, parent, 1) == .held) }
            _ = try await lab.start(child)
            #expect(try await attach(grandchild, child, 1) == .held)
            _ = try await lab.frontend.stop(parent.requestID, intent: StopIntent(by: .user), owner: "ada").get()
            guard case .stopped(let intent) = try await attach(child, parent, 1) else {
                Issue.record("the stop is not told")
                return
            }
            #expect(intent.by == .user && intent.mode == .stop)
            try await eventually("the child is stopped") {
                try await lab.frontend.request(child.requestID).get()?.stop?.by == .parent
            }
            #expect(try await lab.append(child.requestID, 1, 1, "a ") == .sealed)
            // It was not there yet, and never will be.
            try await eventually("it is forbidden") {
                let receipt = try? await lab.frontend.stop(
                    grandchild.requestID, intent: StopIntent(by: .operator), owner: nil
                ).get()
                return receipt?.outcome == .alreadyStopped
            }
            #expect(try await lab.submit(grandchild) == .conflict)
            #expect(try await lab.frontend.request(grandchild.requestID).get() == nil)
            let taken = try await lab.worker.takeJobs(
                queue: lab.queue, worker: "w1", limit: 1, wait: .milliseconds(20))
            #expect(taken.isEmpty)
            for request in [parent, child] { #expect(try await lab.finish(request.requestID, 1)?.state == .cancelled) }
            // What has ended stays as it is.
            let ended = lab.job()
            _ = try await lab.start(ended)
            _ = try await lab.finish(ended.requestID, 1)
            for _ in 0..<2 {
                try await lab.worker.forbid(ended.requestID, intent: StopIntent(by: .parent)).get()
            }
            #expect(try await lab.endings(ended.requestID).map(\.state) == [.completed])
        }
    }

    @Test("of a stop and a completion that race, one ends the request", arguments: BrokerKind.allCases)
    func race(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            for _ in 0..<50 {
                let job = lab.job()
                _ = try await lab.start(job)
                async let finished = lab.finish(job.requestID, 1)
                async let stopped = lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: "ada").get()
                let (ending, receipt) = try await (finished, stopped)
                switch receipt.outcome {
                case .stopped: #expect(ending?.state == .cancelled)
                case .alreadyCompleted: #expect(ending?.state == .completed)
                case .alreadyStopped, .dequeued: Issue.record("a running request was \(receipt.outcome)")
                }
                #expect(try await lab.endings(job.requestID).count == 1)
            }
        }
    }
}
