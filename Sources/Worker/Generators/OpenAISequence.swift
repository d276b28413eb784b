import AsyncHTTPClient
private import Shared

/// The answer to one request. One iterator only.
///
/// Where the answer begins anew it says so with its first step and not before: until the engine speaks, what was said stands.
package struct OpenAISequence: AsyncSequence {
    package typealias Element = GenerationStep
    package typealias Failure = any Error

    /// How the answer stands to what broken attempts have said.
    enum Beginning: Sendable {
        /// Nothing was said before.
        case first
        /// It takes the place of what was said.
        case anew
        /// It goes on behind so many tokens; `anew` asks for the whole answer, should the engine refuse that.
        case behind(tokens: Int, anew: @Sendable () throws -> OpenAICall)
        /// There was nothing left to say.
        case spent
    }

    let call: OpenAICall?
    let beginning: Beginning

    package func makeAsyncIterator() -> Iterator { Iterator(call: call, beginning: beginning) }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate var call: OpenAICall?
        fileprivate var beginning: Beginning
        private var next: GenerationStep?
        private var tokensBefore = 0

        fileprivate init(call: OpenAICall?, beginning: Beginning) {
            self.call = call
            self.beginning = beginning
        }

        package mutating func next() async throws -> GenerationStep? {
            if let step = next {
                next = nil
                return step
            }
            do {
                return try await step()
            } catch let refusal as OpenAIRefusal {
                guard refusal.mayConcernThePrefix, case .behind(_, let anew) = beginning else { throw refusal.error }
                call = try anew()
                beginning = .anew
            }
            do { return try await step() } catch let refusal as OpenAIRefusal { throw refusal.error }
        }

        private mutating func step() async throws -> GenerationStep? {
            switch beginning {
            case .spent:
                beginning = .first
                return .end(.finished(reason: "length", usage: nil))
            case .anew:
                next = try await call?.pipe.next()
                guard next != nil else { return nil }
                beginning = .first
                return .restart
            case .behind(let tokens, _):
                let step = try await call?.pipe.next()
                beginning = .first
                tokensBefore = tokens
                return step.map { counted($0) }
            case .first:
                return try await call?.pipe.next().map { counted($0) }
            }
        }

        /// The engine counts what it said itself.
        private func counted(_ step: GenerationStep) -> GenerationStep {
            guard tokensBefore > 0, case .end(.finished(let reason, let usage?)) = step else { return step }
            let sum = Usage(inputTokens: usage.inputTokens, outputTokens: usage.outputTokens + tokensBefore)
            return .end(.finished(reason: reason, usage: sum))
        }
    }
}

/// A request under way. It is ended when the context is stopped, when the task that reads is cancelled, and when it is dropped.
final class OpenAICall: Sendable {
    let pipe: TokenPipe
    private let task: HTTPClient.Task<Void>
    private let observation: RequestContext.Observation

    init(task: HTTPClient.Task<Void>, response: OpenAIResponse, context: RequestContext) {
        self.task = task
        pipe = response.pipe
        observation = context.whenStopped { [pipe = response.pipe] in pipe.abandon() }
        pipe.whenAbandoned { task.cancel() }
    }

    deinit {
        observation.cancel()
        pipe.abandon()
    }
}
