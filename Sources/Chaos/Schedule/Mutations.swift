import Shared
import TestSupport

/// The mistakes that can be built into the nodes of a debug build, each with a schedule that brings it to light: see
/// `MutantBroker` in Shared. A chaos program that does not find them would not find ours either.
enum Mutations: String, CaseIterable, Sendable {
    /// A worker that lost its claim writes on.
    case fence
    /// A worker does not ask whether a stop was recorded that it did not hear.
    case intent
    /// A reader that missed something goes on behind it.
    case hole
    /// A stop is acknowledged before the client has what was said before it.
    case flush
    /// A worker that lost its claim writes an ending.
    case ending
    /// Who hears a bare publish does not record it.
    case bare

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// Of which kinds the violations must be that it leads to: one of these, at least.
    var expected: Set<Violation.Kind> {
        switch self {
        case .fence: [.inexactText]
        case .intent: [.lostStop]
        case .hole: [.inexactText]
        case .flush: [.shortAtAcknowledgement]
        case .ending: [.inexactText]
        case .bare: [.lostStop]
        }
    }

    /// What brings it to light. With the mistake all may never come to rest, and is not waited for long. Its steps wait for what they need, so that it does so on a slow machine, too.
    var schedule: Schedule {
        switch self {
        case .fence:
            // The worker sleeps until another has taken over and said something, and wakes while it speaks.
            script(
                lease: 600,
                [
                    (.at(0), send(1, count: 400, interval: 20)),
                    (.tokens(request: 1, 10), .fault(.freeze(.holder(request: 1), time: 60_000))),
                    (.tokensAfterTakeover(request: 1, 15), .heal),
                    (.tokensAfterTakeover(request: 1, 60), stop(1)),
                ])
        case .intent:
            // The stop is published while the worker's subscriptions are deaf; its next token is far away.
            script(
                lease: 3000,
                [
                    (.at(0), send(1, count: 100, interval: 30_000)),
                    (
                        .tokens(request: 1, 1),
                        .fault(.swallow(.holder(request: 1), .toClient, .subscribers, time: 60_000))
                    ),
                    (.later(300), stop(1)),
                    (.acknowledged(request: 1), .heal),
                ])
        case .hole:
            // The frontends miss what is said for a while.
            script(
                frontends: 1,
                [
                    (.at(0), send(1, count: 150, interval: 20)),
                    (.tokens(request: 1, 10), .fault(.swallow(.frontend(1), .toClient, .subscribers, time: 60_000))),
                    (.behind(request: 1, 20), .heal),
                ])
        case .flush:
            // The frontend is behind when the stop is recorded.
            script(
                frontends: 1,
                [
                    (.at(0), send(1, count: 400, interval: 20)),
                    (.tokens(request: 1, 10), .fault(.stall(.frontend(1), .toClient, .subscribers, time: 60_000))),
                    (.behind(request: 1, 20), stop(1)),
                    (.acknowledged(request: 1), .heal),
                ])
        case .ending:
            // The worker sleeps until all of its numbers are due and another has taken over, which then sleeps, too, while it has most of
            // them before it; and wakes alone, says them, and is done. They are due at once: what is late by less than a second is.
            script(
                lease: 1500,
                [
                    (.at(0), send(1, count: 34, interval: 50)),
                    (.tokens(request: 1, 15), .fault(.freeze(.holder(request: 1), time: 60_000))),
                    (.tokensAfterTakeover(request: 1, 1), .fault(.freeze(.holder(request: 1), time: 60_000))),
                    (.later(200), .healFirst),
                    (.later(3000), .heal),
                ])
        case .bare:
            // The only slot is taken: nobody but the frontend hears the publish.
            script(
                workers: 1, slots: 1,
                [
                    (.at(0), send(1, count: 100, interval: 30_000)),
                    (.tokens(request: 1, 1), send(2, count: 300, interval: 20)),
                    (.started(request: 2), .stop(client: 1, request: 2, way: .publish, mode: .stop)),
                    (.acknowledged(request: 2), stop(1)),
                ])
        }
    }

    private func send(_ request: Int, count: Int, interval: Int) -> Action {
        .send(client: 1, request: request, count: count, interval: interval, onDisconnect: .continue)
    }

    private func stop(_ request: Int) -> Action { .stop(client: 1, request: request, way: .webSocket, mode: .stop) }

    private func script(
        frontends: Int = 1, workers: Int = 2, slots: Int = 8, lease: Int = 1000,
        _ steps: [(Schedule.Moment, Action)]
    ) -> Schedule {
        Schedule(
            name: rawValue, seed: 1, steps: steps.map { Schedule.Step(moment: $0, action: $1) }, frontends: frontends,
            workers: workers, clients: 1, slots: slots, lease: lease, rest: 8)
    }
}
