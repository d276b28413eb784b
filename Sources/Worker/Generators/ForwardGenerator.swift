package import NIOCore
package import Shared

/// The middle server: publishes the request to another queue as a child of its own, with a linked context, and passes its chunks on.
///
/// - The child's id is derived from the parent's, so that whoever continues a broken attempt joins the child that is there and
///   skips what was said already.
/// - A stop or a kill of the parent is one of the child, `by: parent`, repeated until Redis has it; the parent does not wait for
///   the child's ending. A child that was stopped by somebody else ends the parent as cancelled, a failed one as failed.
/// - The child is noted with the parent before it is submitted: whoever records a stop of the parent stops the child too.
/// - A job that goes back to its queue, or whose worker dies, leaves the child running for whoever takes it over. If the parent has
///   ended by then, whoever takes the job stops the child before it acknowledges the job. A child that no forwarder follows for ten
///   minutes is stopped by its own worker.
package struct ForwardGenerator: TokenGenerator {
    private let queue: String

    /// For how long nobody may follow a child: longer than it takes to bring a worker back.
    private static let unattendedSeconds = 600

    package var name: String { "forward" }

    /// Forwards to `queue`.
    package init(to queue: String) { self.queue = queue }

    package func generate(
        _ request: GenerationRequest, context: RequestContext, on shard: Shard
    ) throws -> ForwardSequence {
        let child = ChildRequest(of: request.job.requestID)
        let job = GenerationJob(
            requestID: child.id, sessionID: child.session, owner: request.job.owner, content: request.job.content,
            history: request.job.history, model: request.job.model, parameters: request.job.parameters,
            // The parent's time ends the child with it.
            parent: request.job.requestID, disconnectGrace: Self.unattendedSeconds,
            timeLimits: request.job.timeLimits.map { TimeLimits(queue: $0.queue) },
            submittedAt: request.job.submittedAt)
        let call = ForwardCall(
            submission: Submission(job: job, queue: queue, isNewSession: true),
            attempt: request.attempt, textSoFar: request.textSoFar, parent: context, broker: shard.broker)
        shard.eventLoop.execute { call.submit() }
        return ForwardSequence(call: ForwardHandle(call))
    }

    package func requestEnded(_ job: GenerationJob, on shard: Shard) -> EventLoopFuture<Void> {
        ForwardCall.stop(ChildRequest(of: job.requestID).id, .stop, on: shard.broker)
    }
}

/// The child's steps. One iterator only.
package struct ForwardSequence: AsyncSequence {
    package typealias Element = GenerationStep
    package typealias Failure = any Error

    fileprivate let call: ForwardHandle

    package func makeAsyncIterator() -> Iterator { Iterator(handle: call) }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let handle: ForwardHandle

        package mutating func next() async throws -> GenerationStep? { try await handle.call.pipe.next() }
    }
}

/// Ends the reading when the reader drops it.
private final class ForwardHandle: Sendable {
    let call: ForwardCall

    init(_ call: ForwardCall) { self.call = call }

    deinit { call.pipe.abandon() }
}
