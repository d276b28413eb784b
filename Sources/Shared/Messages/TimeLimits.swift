/// How long a request may take, from its acceptance on, by the clock of Redis. One whose time is over ends as `expired`.
package struct TimeLimits: Hashable, Sendable {
    /// Milliseconds until a worker has it for the first time; nil: any number.
    package var queue: Int?
    /// Milliseconds until its ending; nil: any number.
    package var total: Int?

    package init(queue: Int? = nil, total: Int? = nil) {
        self.queue = queue
        self.total = total
    }

    /// What a client may ask for: the request itself is not kept longer than a week.
    package static let range = 1...7 * 86_400_000

    /// The shorter ones of both.
    package func tightened(by other: TimeLimits) -> TimeLimits {
        func shorter(_ one: Int?, _ other: Int?) -> Int? {
            guard let one, let other else { return one ?? other }
            return min(one, other)
        }
        return TimeLimits(queue: shorter(queue, other.queue), total: shorter(total, other.total))
    }

    /// Milliseconds until the first of them; nil where there is none.
    package var first: Int? { [queue, total].compactMap(\.self).min() }
}
