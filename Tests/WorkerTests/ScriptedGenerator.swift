import NIOCore
import Shared

@testable import Worker

/// A generator that says what the test pushes into its pipe.
struct ScriptedGenerator: TokenGenerator {
    enum Manners: Sendable {
        /// Ends when it is stopped or cancelled.
        case good
        /// Ends only when it is cancelled.
        case deafToStops
        /// Ends when the test lets it.
        case deaf(until: Gate)
    }

    let pipe = TokenPipe(capacity: 1_000_000) {}
    /// Opens when it was started.
    let isStarted = Gate()
    var manners = Manners.good
    var error: GenerationError?

    var name: String { "scripted" }

    func say(_ words: String...) { for word in words { _ = pipe.push(.token(GeneratedToken(word))) } }

    func end(_ reason: String = "stop", usage: Usage? = nil) {
        _ = pipe.push(.end(.finished(reason: reason, usage: usage)))
        pipe.finish()
    }

    func generate(
        _ request: GenerationRequest, context: RequestContext, on shard: Shard
    ) throws -> Steps {
        isStarted.open()
        if let error { throw error }
        if case .good = manners { context.whenStopped { [pipe] in pipe.abandon() } }
        return Steps(pipe: pipe, manners: manners)
    }

    struct Steps: AsyncSequence {
        typealias Element = GenerationStep
        typealias Failure = any Error

        let pipe: TokenPipe
        let manners: Manners

        func makeAsyncIterator() -> Iterator { Iterator(pipe: pipe, manners: manners) }

        struct Iterator: AsyncIteratorProtocol {
            let pipe: TokenPipe
            let manners: Manners

            mutating func next() async throws -> GenerationStep? {
                if case .deaf(let gate) = manners {
                    // Unlike a wait of this task, that of another is not ended by this one's cancellation.
                    await Task { await gate.wait() }.value
                    return nil
                }
                return try await pipe.next()
            }
        }
    }
}
