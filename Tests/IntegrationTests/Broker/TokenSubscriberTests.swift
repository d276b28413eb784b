import NIOCore
import Shared
import Synchronization
import TestSupport
import Testing

/// Readers of a log get every entry once, in order, however they come and go.
@Suite("Reading a token log", .timeLimit(.minutes(2)))
struct TokenSubscriberTests {
    @Test("whoever attaches while the log is written misses nothing", arguments: BrokerKind.allCases)
    func attachWhileWritten(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            _ = try await lab.start(job)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for index in 1...400 { _ = try await lab.append(job.requestID, 1, UInt64(index), "\(index) ") }
                    _ = try await lab.finish(job.requestID, 1)
                }
                for _ in 0..<20 {
                    group.addTask {
                        let stream = TokenStream(broker: lab.frontend, request: job.requestID)
                        let text = try await text(of: stream)
                        #expect(text == (1...400).map { "\($0) " }.joined())
                    }
                    try await Task.sleep(for: .milliseconds(2))
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("holes in the live feed are filled from the log")
    func holes() async throws {
        try await BrokerLab.with(.inMemory) { lab in
            let job = lab.job()
            _ = try await lab.start(job)
            async let received = text(of: TokenStream(broker: lab.frontend, request: job.requestID))
            for index in 1...100 {
                if index % 7 == 0 { lab.store?.loseFeed(index % 3 + 1) }
                _ = try await lab.append(job.requestID, 1, UInt64(index), "\(index) ")
            }
            lab.store?.loseFeed(0)
            _ = try await lab.finish(job.requestID, 1)
            #expect(try await received == (1...100).map { "\($0) " }.joined())
        }
    }

    @Test("an outage is a pause", arguments: BrokerKind.allCases)
    func outage(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            _ = try await lab.start(job)
            async let received = text(of: TokenStream(broker: lab.frontend, request: job.requestID))
            _ = try await lab.append(job.requestID, 1, 1, "1 ")
            lab.store?.goAway()
            lab.store?.comeBack()
            if let redis = lab.redis { try await severConnections(of: redis) }
            for index in 2...10 {
                try await eventually("an append goes through") {
                    (try? await lab.append(job.requestID, 1, UInt64(index), "\(index) ")) == .written
                }
            }
            try await eventually("the ending goes through") {
                (try? await lab.finish(job.requestID, 1))??.state == .completed
            }
            #expect(try await received == (1...10).map { "\($0) " }.joined())
        }
    }

    @Test("at the acknowledgement of a stop a reader has exactly what is saved", arguments: BrokerKind.allCases)
    func flush(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            for round in 0..<20 {
                let job = lab.job()
                _ = try await lab.start(job)
                let loop = lab.frontend.eventLoop
                let text = Mutex("")
                let subscriber = try await loop.submit {
                    let subscriber = TokenSubscriber(broker: lab.frontend, request: job.requestID, after: .start) {
                        event in
                        if case .entry(let entry) = event, case .chunk(let chunk, _) = entry.body {
                            text.withLock { $0 += chunk }
                        }
                    }
                    subscriber.start()
                    return subscriber
                }.get()
                async let written: Void = {
                    var index: UInt64 = 1
                    while try await lab.append(job.requestID, 1, index, "\(index) ") == .written { index += 1 }
                }()
                try await Task.sleep(for: .milliseconds(round))
                let receipt = try await lab.frontend.stop(job.requestID, intent: StopIntent(by: .user), owner: nil)
                    .get()
                try await loop.flatSubmit { subscriber.flush(to: receipt.last) }.get()
                let held = text.withLock { $0 }
                try await written
                _ = try await lab.finish(job.requestID, 1, .cancelled)
                #expect(try await lab.message(job.requestID)?.content == held)
                loop.execute { subscriber.cancel() }
            }
        }
    }

    @Test("a paused reader goes on where it was", arguments: BrokerKind.allCases)
    func pause(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            _ = try await lab.start(job)
            for index in 1...1000 {
                lab.worker.append(
                    [TokenChunk(id: EntryID(attempt: 1, index: UInt64(index)), text: "\(index) ", tokens: 1)],
                    to: job.requestID
                ).whenComplete { _ in }
            }
            _ = try await lab.finish(job.requestID, 1)
            let stream = TokenStream(broker: lab.frontend, request: job.requestID)
            var text = ""
            for try await entry in stream {
                if case .chunk(let chunk, _) = entry.body { text += chunk }
                if entry.id.index % 97 == 0 { try await Task.sleep(for: .milliseconds(1)) }
            }
            #expect(text == (1...1000).map { "\($0) " }.joined())
        }
    }

    @Test("bare publishes are obeyed and recorded with their reason", arguments: BrokerKind.allCases)
    func barePublish(kind: BrokerKind) async throws {
        try await BrokerLab.with(kind) { lab in
            let job = lab.job()
            _ = try await lab.start(job)
            let heard = Mutex<[StopSubscriber.Event]>([])
            let subscriber = try await lab.worker.eventLoop.submit {
                StopSubscriber(broker: lab.worker, request: job.requestID) { event in
                    heard.withLock { $0.append(event) }
                }
            }.get()
            try await subscriber.confirmed.get()
            if let redis = lab.redis {
                #expect(try await publish(redis, "stop:\(job.requestID)", "GPU on fire") == 1)
            } else {
                lab.store?.publishStop(job.requestID, "GPU on fire")
            }
            try await eventually("the stop is heard") {
                heard.withLock { $0.first } == .stop(StopIntent(by: .operator, reason: "GPU on fire"))
            }
            try await eventually("the intent is recorded") {
                try await lab.frontend.request(job.requestID).get()?.stop?.reason == "GPU on fire"
            }
            _ = try await lab.finish(job.requestID, 1, .cancelled)
            try await eventually("the ending is heard") { heard.withLock { $0.last } == .ended }
        }
    }

    @Test("a bare publish that was heard is recorded, though whoever heard it has left")
    func heardIsNotForgotten() async throws {
        try await BrokerLab.with(.inMemory) { lab in
            let job = lab.job()
            _ = try await lab.start(job)
            let store = try #require(lab.store)
            let heard = Mutex(0)
            let subscriber = try await lab.worker.eventLoop.submit {
                StopSubscriber(broker: lab.worker, request: job.requestID) { _ in heard.withLock { $0 += 1 } }
            }.get()
            try await subscriber.confirmed.get()
            try await lab.worker.eventLoop.submit {
                store.publishStop(job.requestID, "enough")
                store.goAway()
            }.get()
            try await eventually("the stop is heard") { heard.withLock { $0 } == 1 }
            try await lab.worker.eventLoop.submit { subscriber.cancel() }.get()
            store.comeBack()
            try await eventually("the intent is recorded") {
                try await lab.frontend.request(job.requestID).get()?.stop?.reason == "enough"
            }
        }
    }

    private func text(of stream: TokenStream) async throws -> String {
        var text = ""
        for try await entry in stream { if case .chunk(let chunk, _) = entry.body { text += chunk } }
        return text
    }
}
