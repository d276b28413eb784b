package import NIOCore

/// How long to wait before a call that Redis did not answer is repeated: exponential, with full jitter.
package struct RetryDelay: Sendable {
    private let minimum: Int64
    private let maximum: Int64
    private var attempts: Int64 = 0

    /// Between `minimum` and `maximum`.
    package init(minimum: TimeAmount = .milliseconds(10), maximum: TimeAmount = .seconds(1)) {
        self.minimum = max(minimum.nanoseconds, 1)
        self.maximum = max(maximum.nanoseconds, minimum.nanoseconds)
    }

    /// The next wait.
    package mutating func next() -> TimeAmount {
        let ceiling = min(minimum << min(attempts, 20), maximum)
        attempts += 1
        return .nanoseconds(.random(in: minimum...max(ceiling, minimum)))
    }

    /// To be called when a call was answered.
    package mutating func reset() { attempts = 0 }
}
