import Foundation
import NIOCore
import Synchronization

/// Told from outside that the work is to end.
final class StopFlag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}

/// Work that blocks its thread.
enum BlockingWork {
    /// Lets the calling thread sleep.
    static func pause(milliseconds: Double) { usleep(UInt32(milliseconds * 1000)) }

    /// Has `body`, which is given how many came before, measure something once and then for as long as `seconds` are not over. Returns the
    /// microseconds of each. Throws `CancellationError` where the flag is set.
    static func samples(for seconds: Double, _ flag: StopFlag, _ body: (Int) throws -> Double) throws -> Percentiles {
        var samples: [Double] = []
        let deadline = NIODeadline.now() + .nanoseconds(Int64(seconds * 1e9))
        repeat {
            guard !flag.isSet else { throw CancellationError() }
            samples.append(try body(samples.count))
        } while NIODeadline.now() < deadline
        return Percentiles(samples)
    }

    /// The microseconds that `body` takes.
    static func microseconds(_ body: () throws -> Void) rethrows -> Double {
        let start = NIODeadline.now()
        try body()
        return Double((NIODeadline.now() - start).nanoseconds) / 1000
    }

    /// Runs `body` on a thread of its own, of no pool that others wait for. Where the calling task is cancelled the flag is set, at which
    /// `body` is to end.
    static func run<Value: Sendable>(_ body: @escaping @Sendable (StopFlag) throws -> Value) async throws -> Value {
        let flag = StopFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                Thread.detachNewThread { continuation.resume(with: Result { try body(flag) }) }
            }
        } onCancel: {
            flag.set()
        }
    }
}
