import Shared

/// Where requests come from. Times are nanoseconds since the beginning. Pure.
enum Arrivals: Sendable {
    /// Open loop: at their times, whatever the server does.
    case open(ArrivalSchedule)
    /// Closed loop: a bounded number at a time, each when one before it has ended: the times at which there was room for one more.
    case closed(FIFO<UInt64>)

    /// `count` requests at a time, the first of which are spread over the ramp; `end` bounds that.
    static func closed(count: Int, ramp: UInt64) -> Arrivals {
        var times = FIFO<UInt64>()
        for number in 0..<count { times.append(ramp / UInt64(max(count, 1)) * UInt64(number)) }
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
