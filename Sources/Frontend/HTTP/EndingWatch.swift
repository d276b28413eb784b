import NIOCore
import Shared

/// Waits for the ending of a request.
enum EndingWatch {
    /// Whether the request ends within `limit`. Nothing of its log up to `cursor` is read. Call on the loop.
    static func wait(
        for request: RequestID, after cursor: EntryID, atMost limit: TimeAmount, on loop: FrontendLoop
    ) -> EventLoopFuture<Bool> {
        let settled = loop.eventLoop.makePromise(of: Bool.self)
        let subscriber = TokenSubscriber(broker: loop.broker, request: request, after: cursor) { event in
            switch event {
            case .entry(let entry): if case .ended = entry.body { settled.succeed(true) }
            case .failed: settled.succeed(false)
            }
        }
        subscriber.start()
        // One that had ended before the cursor says nothing more.
        loop.ask { $0.request(request) }.whenComplete { result in
            if case .success(let record) = result, record?.state.isEnded ?? true { settled.succeed(true) }
        }
        let timer = loop.eventLoop.scheduleTask(in: limit) { settled.succeed(false) }
        settled.futureResult.assumeIsolated().whenComplete { _ in
            timer.cancel()
            subscriber.cancel()
        }
        return settled.futureResult
    }
}
