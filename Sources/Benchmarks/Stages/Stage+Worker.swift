import Benchmarking
import Shared
import Worker

/// What a worker does with a token before it is written.
extension Stage {
    static let contextCheck = Stage("context.check", "isStopped of a live context") {
        let context = RequestContext(id: Sample.request)
        return Work(operations: 64) { rounds in
            var stops = 0
            for _ in 0..<rounds * 64 where context.isStopped { stops += 1 }
            guard stops == 0 else { throw StageFailure("a live context is stopped") }
        }
    }

    static let batcher = [
        Stage("batcher.natural", "a token said, 16 to an answer") { batching(.natural, tokens: 16) },
        Stage("batcher.off", "a token said, 16 entries to an answer") { batching(.off, tokens: 16) },
    ]

    /// An answer of 1024 tokens; Redis answers a batch while `tokens` are said.
    private static func batching(_ batching: TokenBatcher.Batching, tokens: Int) -> Work {
        let answer = 1024
        let token = Sample.token
        return Work(operations: answer) { rounds in
            for _ in 0..<rounds {
                var batcher = TokenBatcher(attempt: 1, batching: batching, maximumBytes: 65_536, window: 64)
                var underWay: EntryID?
                for said in 1...answer {
                    if case .write(let batch) = batcher.said(token, tokens: 1) { underWay = batch.last?.id }
                    guard said.isMultiple(of: tokens) else { continue }
                    guard let id = underWay else { throw StageFailure("nothing is under way") }
                    underWay = nil
                    if case .write(let batch) = batcher.answered(id, .written) { underWay = batch.last?.id }
                }
                if let id = underWay { _ = batcher.answered(id, .written) }
                guard batcher.content.tokens == answer else { throw StageFailure("tokens are missing") }
            }
        }
    }
}
