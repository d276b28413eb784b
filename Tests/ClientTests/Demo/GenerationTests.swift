import NIOCore
import Shared
import TestSupport
import Testing

@testable import Client

@Suite(.timeLimit(.minutes(1))) struct GenerationTests {
    @Test func stopsAfterThreeAndNothingComesBehind() async throws {
        try await withBroker(workerOn: "q") { broker, _ in
            let generation = try await Generation.start(submission("q"), through: broker)
            var text = ""
            var receipt: StopReceipt?
            var ending: Ending?
            for try await entry in generation.entries {
                switch entry.body {
                case .chunk(let chunk, _):
                    if let receipt { #expect(entry.id <= receipt.last) }
                    text += chunk
                    if text == "0 1 2 " { receipt = try await generation.stopGenerating(reason: "enough") }
                case .ended(let end, _): ending = end
                case .attempt, .restarted, .sealed: break
                }
            }
            #expect(receipt?.outcome == .stopped)
            #expect(ending?.state == .cancelled)
            #expect(ending?.stop?.reason == "enough")
            #expect(try await broker.message(generation.id.message).get()?.content == text)
            #expect(try await generation.stopGenerating().outcome == .alreadyStopped)
            generation.leave()
        }
    }

    @Test func aKillIsAKill() async throws {
        try await withBroker(workerOn: "q") { broker, _ in
            let generation = try await Generation.start(submission("q"), through: broker)
            var ending: Ending?
            for try await entry in generation.entries {
                switch entry.body {
                case .chunk(let text, _): if text == "0 " { _ = try await generation.kill() }
                case .ended(let end, _): ending = end
                case .attempt, .restarted, .sealed: break
                }
            }
            #expect(ending?.stop?.mode == .kill)
            generation.leave()
        }
    }

    @Test func anOperatorsBarePublishEndsAQueuedRequest() async throws {
        try await withBroker { broker, store in
            let generation = try await Generation.start(submission("q"), through: broker)
            #expect(store.publishStop(generation.id, "no need") == 1)
            var ending: Ending?
            for try await entry in generation.entries { if case .ended(let end, _) = entry.body { ending = end } }
            #expect(ending?.state == .cancelled)
            #expect(ending?.stop?.by == .operator)
            #expect(ending?.stop?.reason == "no need")
            generation.leave()
            try await eventually { store.stopListeners(of: generation.id) == 0 }
        }
    }

    @Test func theDemoReportsWhatHappened() async throws {
        try await withBroker(workerOn: "q") { broker, _ in
            let narrator = DemoNarrator(format: .json, console: .standard)
            let report = try await QueueDemo(broker: broker, queue: "q", isMiddle: false, narrator: narrator).run()
            #expect(report.state == "cancelled")
            #expect(report.outcome == .stopped)
            #expect(report.content.hasPrefix("0 1 2 "))
            #expect(report.isSavedAsReceived)
            #expect(report.parts.map(\.name) == ["backend"])
        }
    }
}
