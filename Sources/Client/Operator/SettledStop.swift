import NIOCore
import Shared

/// What `penstock stop` found out: its JSON object.
struct SettledStop: Hashable, Sendable, Encodable {
    var requestID: RequestID
    var outcome: StopOutcome?
    /// Whether the request has ended, and its message is saved.
    var isSettled: Bool
    /// How it ended, where that is known.
    var state: RequestRecord.State?
    var message: MessageRecord?

    enum CodingKeys: String, CodingKey {
        case outcome, state, message
        case requestID = "request_id"
        case isSettled = "settled"
    }
}

extension RequestRecord.State: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

extension MessageRecord {
    /// How the request ended that wrote this answer, as its reason tells; nil while it runs.
    var state: RequestRecord.State? {
        switch finishReason {
        case nil: nil
        case "cancelled": .cancelled
        case "error": .failed
        case "expired": .expired
        default: .completed
        }
    }
}

extension SettledStop {
    /// Records the stop through the broker and waits up to `wait` for the ending.
    static func stop(
        _ request: RequestID, intent: StopIntent, wait: Duration, through broker: any Broker
    ) async throws -> SettledStop {
        let receipt = try await broker.stop(request, intent: intent, owner: nil).get()
        var result = SettledStop(requestID: request, outcome: receipt.outcome, isSettled: false)
        switch receipt.outcome {
        case .dequeued, .alreadyCompleted: break
        case .stopped, .alreadyStopped:
            guard try await ends(request, after: receipt.last, within: wait, broker) else {
                result.state = try await broker.request(request).get()?.state
                return result
            }
        }
        result.isSettled = true
        result.state = try await broker.request(request).get()?.state
        result.message = try await broker.message(request.message).get()
        return result
    }

    private static func ends(
        _ request: RequestID, after cursor: EntryID, within wait: Duration, _ broker: any Broker
    ) async throws -> Bool {
        // A log that is gone has ended long ago: the record tells before the log is followed.
        if let record = try await broker.request(request).get(), record.state.isEnded { return true }
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for try await entry in TokenStream(broker: broker, request: request, after: cursor) {
                    if case .ended = entry.body { return true }
                }
                return false
            }
            group.addTask {
                try await Task.sleep(for: wait)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }
}
