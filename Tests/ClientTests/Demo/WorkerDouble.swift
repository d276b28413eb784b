import NIOCore
import NIOPosix
import Shared
import TestSupport

@testable import Client

/// A worker as far as clients see it: counts, a number per interval, until it is stopped.
struct WorkerDouble: Sendable {
    let broker: any Broker
    let queue: String
    var interval: Duration = .milliseconds(5)

    /// Serves until the task is cancelled.
    func run() async throws {
        while !Task.isCancelled {
            for delivery in try await broker.takeJobs(queue: queue, worker: "w", limit: 1, wait: .milliseconds(50)) {
                guard case .claimed(let attempt, _, _, _) = try await broker.claim(delivery, worker: "w").get() else {
                    try await broker.acknowledge(delivery).get()
                    continue
                }
                try await generate(delivery, attempt)
                try await broker.acknowledge(delivery).get()
            }
        }
    }

    private func generate(_ delivery: JobDelivery, _ attempt: UInt64) async throws {
        let count = delivery.job.parameters["count"]?.int ?? 1000
        var ending = AttemptEnding(state: .completed, finishReason: "stop")
        for number in 0..<count {
            let chunk = TokenChunk(
                id: EntryID(attempt: attempt, index: UInt64(number + 1)), text: "\(number) ", tokens: 1)
            guard try await broker.append([chunk], to: delivery.job.requestID).get() == .written else {
                ending = AttemptEnding(state: .cancelled, finishReason: "cancelled", observedAgo: .zero)
                break
            }
            try await Task.sleep(for: interval)
        }
        _ = try await broker.finish(delivery.job.requestID, attempt: attempt, ending: ending).get()
    }
}

/// Runs `body` with a broker in memory, and a worker on `queue` if there is one.
func withBroker<Value: Sendable>(
    workerOn queue: String? = nil, _ body: (any Broker, InMemoryStore) async throws -> Value
) async throws -> Value {
    let store = InMemoryStore()
    let broker = InMemoryBroker(store, on: NIOSingletons.posixEventLoopGroup.next())
    return try await withThrowingTaskGroup(of: Void.self) { group in
        if let queue { group.addTask { try? await WorkerDouble(broker: broker, queue: queue).run() } }
        defer { group.cancelAll() }
        return try await body(broker, store)
    }
}

func submission(_ queue: String, count: Int = 1000) -> Submission {
    Submission(
        job: GenerationJob(
            requestID: .random(), sessionID: .random(), owner: "o", content: "Count.",
            parameters: ["count": .integer(Int64(count))]),
        queue: queue, isNewSession: true)
}
