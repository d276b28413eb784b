package import NIOCore
package import Shared

/// What makes the tokens of an answer.
///
/// Contract of a generator:
/// - It is pulled: `next()` makes or awaits one step, and nothing runs ahead of the consumer but a bounded buffer.
/// - Every wait inside `next()` ends at once, with nil, when the context is stopped, and when the task is cancelled (with nil
///   or `CancellationError`). It releases its engine then. A generator that does neither within the runner's grace is left behind.
/// - It runs on the event loop of `shard` and must not block.
/// - When the job has left the worker the context is retired: whoever watches it hears nothing more.
/// - It throws `GenerationError` to choose what the client is told; any other error is an `INTERNAL_ERROR`.
package protocol TokenGenerator: Sendable {
    associatedtype Tokens: AsyncSequence<GenerationStep, any Error>

    /// As operators and metrics name it.
    var name: String { get }

    /// The tokens of the answer to `request`, behind what it says was said so far.
    func generate(_ request: GenerationRequest, context: RequestContext, on shard: Shard) throws -> Tokens

    /// The request of `job` has ended, and this worker did not generate for it: what an earlier attempt, of a worker that died or gave
    /// the job back, may have left running elsewhere is to end too. The job is acknowledged when this has succeeded; a failure with a
    /// `BrokerError` that waiting mends is repeated, so it must be safe to repeat. Called on the loop of `shard`.
    func requestEnded(_ job: GenerationJob, on shard: Shard) -> EventLoopFuture<Void>

    /// How many tokens the answer to `job` has when it is not stopped; nil where nothing is known of that, or another worker counts them.
    func expectedTokens(of job: GenerationJob) -> ExpectedTokens?

    /// Lets go of what it holds; called once, after the last generation. Takes a second at most.
    func shutdown() async
}

extension TokenGenerator {
    /// Nothing runs anywhere else.
    package func requestEnded(_ job: GenerationJob, on shard: Shard) -> EventLoopFuture<Void> {
        shard.eventLoop.makeSucceededVoidFuture()
    }

    /// Nothing is known.
    package func expectedTokens(of job: GenerationJob) -> ExpectedTokens? { nil }

    /// Nothing to let go of.
    package func shutdown() async {}
}

/// What a generator is asked for.
package struct GenerationRequest: Sendable {
    package var job: GenerationJob
    /// The attempt that generates.
    package var attempt: UInt64
    /// What broken attempts have said already; the generator goes on behind it.
    package var textSoFar: String
    /// The tokens of `textSoFar`.
    package var tokensSoFar: Int

    package init(job: GenerationJob, attempt: UInt64 = 1, textSoFar: String = "", tokensSoFar: Int = 0) {
        self.job = job
        self.attempt = attempt
        self.textSoFar = textSoFar
        self.tokensSoFar = tokensSoFar
    }
}

/// One step of a generation: tokens, at times the word that it begins anew, and at last an end. A sequence that ends without an end was stopped.
package enum GenerationStep: Hashable, Sendable {
    case token(GeneratedToken)
    /// What was said so far, by this attempt and by broken ones, is void. Nothing where nothing was said.
    case restart
    case end(GenerationEnd)
}

/// A piece of the answer.
package struct GeneratedToken: Hashable, Sendable {
    package var text: String
    /// How many tokens the text is made of.
    package var tokens: Int

    package init(_ text: String, tokens: Int = 1) {
        self.text = text
        self.tokens = tokens
    }
}

/// How a generator ended by itself.
package enum GenerationEnd: Hashable, Sendable {
    /// It has said all: why (`stop`, `length`), and what its engine counted, where it did.
    case finished(reason: String, usage: Usage?)
    /// What it generated through was stopped by somebody else.
    case cancelled(StopIntent)
}

/// Why a generator could not go on, as the client is told. The code is safe as a metric label.
package struct GenerationError: Error, Hashable, Sendable, CustomStringConvertible {
    package var code: ErrorCode
    /// For the client: no secrets, no addresses.
    package var message: String

    package init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
