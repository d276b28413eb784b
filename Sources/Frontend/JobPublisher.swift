import NIOCore
import Shared

/// Puts jobs into their queue. Bound to its broker's event loop.
///
/// While Redis is away a job waits and is submitted again, up to the deadline for commands; a submission is safe to repeat.
struct JobPublisher {
    let broker: any Broker
    /// How long a command may take in all.
    let deadline: TimeAmount

    /// Submits now: a call to the broker that follows is carried out after it. Calls `onAccepted` when the job is in its queue, which is
    /// before all that belongs to it is saved.
    func submit(
        _ submission: Submission, onAccepted: @escaping @Sendable () -> Void
    ) -> EventLoopFuture<SubmitOutcome> {
        BrokerRetry(eventLoop: broker.eventLoop).until(broker.eventLoop.now + deadline) {
            broker.submit(submission, onAccepted: onAccepted)
        }
    }
}
