import Foundation
import Testing

@testable import Chaos

/// The chaos program has teeth: of each mistake that is built into the nodes it finds what follows from it, and without the mistake it
/// finds nothing in the same schedule. With real processes; a few at a time, for each waits most of the time.
@Suite("Chaos", .serialized, .timeLimit(.minutes(5))) struct MutationTests {
    private func play(_ schedule: Schedule, mutation: Mutations? = nil) async throws -> Round.Outcome {
        let directory = FileManager.default.temporaryDirectory.appending(path: "penstock-chaos-\(UUID())")
        let outcome = try await Round(schedule, mutation: mutation?.rawValue, directory: directory).run()
        if mutation == nil, let first = outcome.violations.first {
            let drawing = TimeLine(of: first, in: outcome.history, logs: try NodeLogs(in: directory)).text
            Issue.record("\(schedule.name): \(drawing)")
        }
        try? FileManager.default.removeItem(at: directory)
        return outcome
    }

    /// Runs them a few at a time.
    private func each<Value: Sendable>(
        of values: [Value], _ body: @escaping @Sendable (Value) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (place, value) in values.enumerated() {
                if place >= 3 { try await group.next() }
                group.addTask { try await body(value) }
            }
            try await group.waitForAll()
        }
    }

    @Test("each mistake is found by its name") func mutations() async throws {
        try await each(of: Mutations.allCases) { mutation in
            let outcome = try await play(mutation.schedule, mutation: mutation)
            let kinds = Set(outcome.violations.map(\.kind))
            #expect(!kinds.isDisjoint(with: mutation.expected), "\(mutation): found \(outcome.violations)")
        }
    }

    @Test("without the mistakes nothing is found in the same schedules") func withoutMutations() async throws {
        try await each(of: Mutations.allCases) { mutation in
            var schedule = mutation.schedule
            // Nothing is waited for in vain here.
            schedule.rest = Schedule.patience
            let outcome = try await play(schedule)
            #expect(outcome.violations.isEmpty, "\(mutation)")
        }
    }

    @Test("a random round finds nothing") func randomRound() async throws {
        var plan = Schedule.Plan()
        plan.length = 15_000
        let outcome = try await play(.random(seed: 20_260, plan: plan))
        #expect(outcome.violations.isEmpty)
        #expect(outcome.requests > 20 && outcome.faults > 4)
    }
}
