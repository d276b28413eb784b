package import NIOCore
private import Synchronization

/// Asks Redis how a queue stands when somebody reads the metrics, at most once a second, at a cost that does not grow with the queue.
///
/// All nodes that are asked at the same time say the same: it is Redis that counts, by its own clock. Where Redis does not answer within
/// a second the series are missing, and nothing old is shown.
package final class QueueProbe: Sendable {
    private struct State {
        var askedAt = NIODeadline.distantPast
        var answer: EventLoopFuture<QueueStatus>?
    }

    private static let waiting = "penstock_queue_waiting_jobs"
    private static let oldest = "penstock_queue_oldest_age_seconds"
    private static let taken = "penstock_queue_taken_jobs"

    /// The texts under `# HELP`.
    package static let help = [
        waiting: "Jobs of the queue that no worker has taken, those that were stopped in it included.",
        oldest: "How long the oldest job that waits in the queue has waited; 0 where none waits.",
        taken: "Jobs of the queue that are in the hands of workers, dead ones included.",
    ]

    private let broker: any Broker
    private let queue: String
    private let patience: TimeAmount
    private let state = Mutex(State())

    /// A probe of `queue`. Redis has `patience` to answer.
    package init(broker: any Broker, queue: String, patience: TimeAmount = .seconds(1)) {
        self.broker = broker
        self.queue = queue
        self.patience = patience
    }

    /// How the queue stands now; nothing where that is not known.
    package func samples() async -> [PrometheusSample] {
        guard let status = try? await answer(now: .now()).get(within: patience) else { return [] }
        var samples = [sample(Self.waiting, Double(status.waiting)), sample(Self.taken, Double(status.taken))]
        if let age = status.oldestAge { samples.append(sample(Self.oldest, Double(age.nanoseconds) / 1e9)) }
        return samples
    }

    /// The answer to the last question, or to a new one where that is a second old.
    private func answer(now: NIODeadline) -> EventLoopFuture<QueueStatus> {
        state.withLock { state in
            if let answer = state.answer, now - state.askedAt < .seconds(1) { return answer }
            let answer = broker.queueStatus(of: queue)
            state.askedAt = now
            state.answer = answer
            return answer
        }
    }

    private func sample(_ name: String, _ value: Double) -> PrometheusSample {
        PrometheusSample(
            name: name, kind: .gauge, help: Self.help[name] ?? "", labels: [("queue", queue)], value: value)
    }
}
