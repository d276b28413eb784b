import Shared

/// Where requests come from. Times are nanoseconds since the beginning. Pure.
enum Arrivals: Sendable {
    /// Open loop: at their times, whatever the server does.
    case open(ArrivalSchedule)
    /// Closed loop: a bounded number at a time, each when one before it has ended: the times at which there was room for one more.
    case closed(FIFO<UInt64>)

    /// `count` requests at a time, the first of which are spread over the ramp by chance: at regular distances those whose tokens come at
    /// regular distances, too, would all speak in the same moments.
    static func closed(count: Int, ramp: UInt64, random: inout LoadRandom) -> Arrivals {
        let starts = (0..<count).map { _ in ramp == 0 ? 0 : UInt64.random(in: 0..<ramp, using: &random) }
        var times = FIFO<UInt64>()
        for start in starts.sorted() { times.append(start) }
        return .closed(times)
    }

    /// When the next request is due, or was.
    var next: UInt64? {
        switch self {
        case .open(let schedule): schedule.next
        case .closed(let times): times.isEmpty ? nil : times.first
        }
    }

    /// The next request is taken.
    mutating func take() {
        switch self {
        case .open(var schedule):
            schedule.take()
            self = .open(schedule)
        case .closed(var times):
            self = .closed(FIFO())
            _ = times.popFirst()
            self = .closed(times)
        }
    }

    /// A request has ended; in closed loop the next is due at `time`.
    mutating func ended(next time: UInt64) {
        switch self {
        case .open: break
        case .closed(var times):
            self = .closed(FIFO())
            times.append(time)
            self = .closed(times)
        }
    }
}
