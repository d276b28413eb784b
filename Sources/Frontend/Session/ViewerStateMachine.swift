import Shared

/// Decides when a request whose viewers have left is to be stopped.
///
/// It knows the viewers of one node; before a stop those of all nodes are counted, and when the last viewer of another node left is
/// read, for whoever leaves last has the whole grace. A viewer whose node just lost its connection is not counted for a moment: it takes
/// two counts to find that nobody watches. Milliseconds throughout.
///
///     watched ──the last one here left──▶ waiting ──the timer──▶ counting ──nobody, for the grace, twice──▶ stop
///        ▲                                 │  ▲                    │
///        └────────somebody came────────────┘  └─somebody elsewhere─┘
struct ViewerStateMachine {
    enum Action: Hashable {
        case none
        /// Set a timer, in place of one that is set.
        case arm(milliseconds: Int64)
        /// Take the timer back.
        case disarm
        /// Count the viewers of all nodes.
        case count
        /// Nobody watches: stop the request.
        case stop
    }

    /// What is known while nobody here watches.
    private struct Absence {
        /// What the next recheck waits.
        var recheck = ViewerStateMachine.firstRecheck
        /// Whether others watched when they were counted last.
        var elsewhere = false
        /// Whether the last count found nobody.
        var isLikely = false
    }

    private enum State {
        /// So many here watch.
        case watched(Int)
        /// Nobody here does; the timer runs.
        case waiting(Absence)
        /// The viewers of all nodes are being counted.
        case counting(Absence)
        /// Nothing more is decided: stopped, ended, or the request goes on for itself.
        case released
    }

    /// What a recheck waits at first and at most, where others watch.
    private static let firstRecheck: Int64 = 100
    private static let longestRecheck: Int64 = 30_000
    /// Between the two counts that must find nobody: longer than it takes to come back behind a lost connection.
    private static let certainty: Int64 = 250

    private var policy: DisconnectPolicy
    private var state = State.watched(0)

    init(policy: DisconnectPolicy) { self.policy = policy }

    /// The policy of the request turned out to be another one: where nobody here watches, it holds from now on.
    mutating func learned(_ policy: DisconnectPolicy) -> Action {
        guard policy != self.policy else { return .none }
        self.policy = policy
        switch state {
        case .waiting, .counting:
            state = .watched(1)
            let action = viewerLeft()
            return action == .none ? .disarm : action
        case .watched, .released:
            return .none
        }
    }

    mutating func viewerJoined() -> Action {
        switch state {
        case .watched(let count):
            state = .watched(count + 1)
            return .none
        case .waiting:
            state = .watched(1)
            return .disarm
        case .counting:
            state = .watched(1)
            return .none
        case .released:
            return .none
        }
    }

    /// Any action but `none` says that it was the last one here.
    mutating func viewerLeft() -> Action {
        switch state {
        case .watched(let count) where count > 1:
            state = .watched(count - 1)
            return .none
        case .watched:
            switch policy {
            case .continue:
                state = .watched(0)
                return .none
            case .stop:
                state = .counting(Absence())
                return .count
            case .grace(let seconds):
                state = .waiting(Absence())
                return .arm(milliseconds: Int64(seconds) * 1000)
            }
        case .waiting, .counting, .released:
            return .none
        }
    }

    mutating func timerFired() -> Action {
        switch state {
        case .waiting(let absence):
            state = .counting(absence)
            return .count
        case .watched, .counting, .released:
            return .none
        }
    }

    /// The count has come; nil where it could not be had. `sinceLeaving` is how long ago the last viewer of any node left, where
    /// that is known.
    mutating func counted(_ viewers: Int?, sinceLeaving: Int64? = nil) -> Action {
        switch state {
        case .counting(var absence):
            guard viewers == 0 else {
                let recheck = absence.recheck
                absence.recheck = min(recheck * 2, Self.longestRecheck)
                absence.elsewhere = viewers.map { $0 > 0 } ?? absence.elsewhere
                absence.isLikely = false
                return wait(recheck, absence)
            }
            let grace = Int64(policy.grace ?? 0) * 1000
            // One that was counted elsewhere and is gone may have been lost with its node.
            if absence.elsewhere, grace > 0 { return wait(grace, Absence()) }
            let left = sinceLeaving.map { min(grace - $0, grace) } ?? 0
            guard left <= Self.certainty else { return wait(left, Absence()) }
            guard absence.isLikely else {
                absence.isLikely = true
                return wait(Self.certainty, absence)
            }
            state = .released
            return .stop
        case .watched, .waiting, .released:
            return .none
        }
    }

    private mutating func wait(_ milliseconds: Int64, _ absence: Absence) -> Action {
        state = .waiting(absence)
        return .arm(milliseconds: milliseconds)
    }

    /// The request has ended, or this node drains and leaves it to its viewers elsewhere.
    mutating func released() -> Action {
        switch state {
        case .waiting:
            state = .released
            return .disarm
        case .watched, .counting, .released:
            state = .released
            return .none
        }
    }

    /// Whether somebody here watches, whose leaving counts.
    var isWatched: Bool {
        switch state {
        case .watched(let count): count > 0
        case .waiting, .counting, .released: false
        }
    }
}
