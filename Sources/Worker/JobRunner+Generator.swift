import Logging
import NIOCore
import Shared

/// The generator of a job, pulled for its steps: the token path.
extension JobRunner {
    func runGenerator(_ request: GenerationRequest) async {
        let result: GenerationStateMachine.Result
        do {
            result = try await pull(from: generator, request)
        } catch let error as GenerationError {
            result = .failed(Ending.Failure(code: error.code, message: error.message))
        } catch is CancellationError {
            result = .interrupted
        } catch {
            logger.error("the generator failed", [.error: "\(error)"])
            result = .failed(Ending.Failure(code: .internalError, message: "the generator failed"))
        }
        self.result = result
        generatorEndedAt = .now()
        journal?.generatorEnded(result.name, tokens: tokensSoFar + saidTokens)
        generatorEnd.open()
        interruption.open()
    }

    private func pull(
        from generator: some TokenGenerator, _ request: GenerationRequest
    ) async throws -> GenerationStateMachine.Result {
        guard let publisher else { return .interrupted }
        var steps = try generator.generate(request, context: context, on: shard).makeAsyncIterator()
        var unbroken = 0
        while !context.isStopped, let step = try await steps.next() {
            // A stop, a release or the loss of the lease may have come while it waited.
            guard machine.isSpeaking, !context.isStopped else { return interrupted(at: step) }
            switch step {
            case .restart:
                guard saidBytes > 0 else { continue }
                logger.info("the answer begins anew", [.tokens: "\(tokensSoFar + saidTokens)"])
                (tokensSoFar, saidTokens, saidBytes) = (0, 0, 0)
                journal?.restarted()
                publisher.restart()
                if !publisher.hasRoom { await publisher.room() }
            case .token(let token):
                let tokensBefore = tokensSoFar + saidTokens
                let said = configuration.answer.fitting(token, bytes: saidBytes, tokens: tokensBefore)
                if let said {
                    if record.firstTokenAt == nil { firstTokenSaid(isVeryFirst: tokensBefore == 0) }
                    tokenMetrics.said(said.tokens)
                    journal?.said(said.text, index: tokensBefore)
                    saidBytes += said.text.utf8.count
                    saidTokens += said.tokens
                    publisher.say(said.text, tokens: said.tokens)
                    if !publisher.hasRoom { await publisher.room() }
                }
                guard said?.text.utf8.count == token.text.utf8.count else {
                    return .finished(reason: "length", usage: nil)
                }
                // Steps that need no waiting would keep the other jobs and the connections of this loop waiting.
                unbroken &+= 1
                if unbroken & 63 == 0 { await Task.yield() }
            case .end(let end):
                generatorIsDone = true
                switch end {
                case .finished(let reason, let usage): return .finished(reason: reason, usage: usage)
                case .cancelled(let intent): return .cancelled(intent)
                }
            }
        }
        return .interrupted
    }

    private func firstTokenSaid(isVeryFirst: Bool) {
        record.firstTokenAt = .now()
        guard isVeryFirst else { return }
        let time = WorkerMetrics.time(since: delivery.job.submittedAt)
        record.firstTokenAfter = time
        metrics.firstToken(after: time)
    }

    /// Something was said that does not count any more.
    private func interrupted(at step: GenerationStep) -> GenerationStateMachine.Result {
        if case .token(let token) = step {
            record.lateTokens += token.tokens
            tokenMetrics.said(token.tokens)
        }
        return .interrupted
    }
}
