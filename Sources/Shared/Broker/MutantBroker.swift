#if DEBUG
package import NIOCore

#if canImport(FoundationEssentials)
private import FoundationEssentials
#else
private import Foundation
#endif

/// A broker with one mistake built in, chosen by `PENSTOCK_MUTATION`, so that the chaos program can show that it would find such a
/// mistake: see docs/chaos.md. Builds for production do not have it.
package final class MutantBroker: ForwardingBroker {
    package enum Mutation: String, Sendable {
        /// What a worker writes that lost its claim is written under the attempt that is current, and it is told that all is well.
        case fence
        /// A worker is not told by its renewals, nor by the record of its request, that a stop is recorded.
        case intent
        /// Of what a reader of the log missed it is given the last entry only.
        case hole
        /// A stop is acknowledged without a word of what must be handed over before.
        case flush
        /// The ending of a worker that lost its claim is written under the attempt that is current.
        case ending
        /// A bare publish that was heard is not recorded.
        case bare
    }

    package let base: any Broker
    private let mutation: Mutation

    package init(_ base: any Broker, _ mutation: Mutation) {
        self.base = base
        self.mutation = mutation
    }

    /// The brokers of a node, each with the mistake that the environment asks for, if it does.
    package static func wrapped(_ brokers: [any Broker]) -> [any Broker] {
        guard let name = ProcessInfo.processInfo.environment["PENSTOCK_MUTATION"] else { return brokers }
        guard let mutation = Mutation(rawValue: name) else {
            StandardError.write("PENSTOCK_MUTATION=\(name) is not known\n")
            return brokers
        }
        StandardError.write("PENSTOCK_MUTATION: this node makes mistakes on purpose (\(name))\n")
        return brokers.map { MutantBroker($0, mutation) }
    }

    package func append(
        _ chunks: [TokenChunk], to request: RequestID,
        completion: @escaping @Sendable (Result<AppendOutcome, any Error>) -> Void
    ) {
        base.append(chunks, to: request).flatMap { outcome in
            guard case .fence = self.mutation, outcome == .fenced else {
                return self.eventLoop.makeSucceededFuture(outcome)
            }
            return self.appendToCurrent(chunks, request)
        }.whenComplete(completion)
    }

    private func appendToCurrent(_ chunks: [TokenChunk], _ request: RequestID) -> EventLoopFuture<AppendOutcome> {
        base.request(request).flatMap { record in
            guard let record, record.state == .running else { return self.eventLoop.makeSucceededFuture(.fenced) }
            let start = EntryID(attempt: record.attempt, index: 0)
            return self.base.entries(of: request, after: start, limit: 10_000).flatMap { entries in
                let last = entries.last?.id.index ?? 0
                let moved = chunks.enumerated().map { place, chunk in
                    var chunk = chunk
                    chunk.id = EntryID(attempt: record.attempt, index: last + 1 + UInt64(place))
                    return chunk
                }
                return self.base.append(moved, to: request)
            }
        }
    }

    package func renew(_ delivery: JobDelivery, attempt: UInt64, worker: String) -> EventLoopFuture<LeaseState> {
        base.renew(delivery, attempt: attempt, worker: worker).map { lease in
            switch (self.mutation, lease) {
            case (.fence, .lost), (.intent, .stopped): .held
            default: lease
            }
        }
    }

    package func request(_ id: RequestID) -> EventLoopFuture<RequestRecord?> {
        base.request(id).map { record in
            guard case .intent = self.mutation, var record else { return record }
            record.stop = nil
            return record
        }
    }

    package func entries(
        of request: RequestID, after cursor: EntryID, limit: Int
    ) -> EventLoopFuture<[TokenEntry]> {
        base.entries(of: request, after: cursor, limit: limit).map { entries in
            guard case .hole = self.mutation, cursor > .start else { return entries }
            let last = entries.lastIndex { $0.isChunk }
            return entries.enumerated().filter { $0.offset == last || !$0.element.isChunk }.map(\.element)
        }
    }

    package func stop(_ request: RequestID, intent: StopIntent, owner: String?) -> EventLoopFuture<StopReceipt> {
        if case .bare = mutation, intent.by == .operator {
            return eventLoop.makeSucceededFuture(StopReceipt(outcome: .stopped, last: .start))
        }
        return base.stop(request, intent: intent, owner: owner).map { receipt in
            if case .flush = self.mutation { StopReceipt(outcome: receipt.outcome, last: .start) } else { receipt }
        }
    }

    package func finish(_ request: RequestID, attempt: UInt64, ending: AttemptEnding) -> EventLoopFuture<Ending?> {
        base.finish(request, attempt: attempt, ending: ending).flatMap { stands in
            guard case .ending = self.mutation, stands == nil else {
                return self.eventLoop.makeSucceededFuture(stands)
            }
            return self.base.request(request).flatMap { record in
                self.base.finish(request, attempt: record?.attempt ?? attempt, ending: ending)
            }
        }
    }
}

extension TokenEntry {
    fileprivate var isChunk: Bool { if case .chunk = body { true } else { false } }
}
#endif
