/// When something was broken, and what.
struct FaultCalendar: Sendable {
    /// From the moment something broke until it was whole again.
    struct Interval: Hashable, Sendable {
        var begin: Int64
        var end: Int64
        /// A node, or `redis`, which concerns all.
        var node: String
    }

    let intervals: [Interval]

    init(_ intervals: [Interval]) { self.intervals = intervals.sorted { $0.begin < $1.begin } }

    /// The faults of a history. One whose end is not told lasts to the end of the history.
    init(_ events: [HistoryEvent]) {
        var open: [Int: Interval] = [:]
        var intervals: [Interval] = []
        let last = events.last?.at ?? 0
        for event in events {
            guard let fault = event.fault else { continue }
            switch event.kind {
            case .faultBegan: open[fault] = Interval(begin: event.at, end: last, node: event.node ?? "redis")
            case .faultEnded:
                guard var interval = open.removeValue(forKey: fault) else { continue }
                interval.end = event.at
                intervals.append(interval)
            default: break
            }
        }
        self.init(intervals + open.values)
    }

    /// The first moment from `moment` on at which nothing is broken, and nothing breaks within `margin` after it. `node` leaves out
    /// the faults of other nodes.
    func calm(from moment: Int64, margin: Int64 = 0, node: String? = nil) -> Int64 {
        var calm = moment
        // Sorted by their beginnings: each that reaches into the calm pushes its beginning on.
        for interval in intervals where node == nil || interval.node == node || interval.node == "redis" {
            if interval.begin <= calm + margin, interval.end > calm { calm = interval.end }
        }
        return calm
    }

    /// Whether something was broken at some time between the two moments.
    func isBroken(from begin: Int64, to end: Int64) -> Bool {
        intervals.contains { $0.begin <= end && $0.end >= begin }
    }
}
