/// Decides when a running request that nobody watches is to be stopped. Frontends decide that too, and sooner; this holds when they
/// have died. Pure; times are nanoseconds of any steady clock.
///
///     watched ──nobody counted──▶ unwatched since ──for longer than the limit──▶ stop
///        ▲                              │ somebody counted, or the count was not to be had
///        └──────────────────────────────┘
package struct Attendance: Sendable {
    private let limit: Int64
    private var unwatchedSince: Int64?

    /// `grace` is what the request allows, nil where it goes on unwatched; `maximum` holds for all. Viewers are counted every
    /// `interval`, and have that much longer to come back.
    package init(grace: Int64?, maximum: Int64, interval: Int64) {
        limit = min(grace ?? .max, maximum) + interval
    }

    /// Viewers were counted; nil where that failed. Returns whether the request is to be stopped; again each time until it is.
    package mutating func counted(_ viewers: Int?, now: Int64) -> Bool {
        guard viewers == 0 else {
            unwatchedSince = nil
            return false
        }
        let since = unwatchedSince ?? now
        unwatchedSince = since
        return now - since >= limit
    }
}
