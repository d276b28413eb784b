import Foundation
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
