import Shared

/// Decides when a request whose viewers have left is to be stopped.
///
/// It knows the viewers of one event loop; before a stop those of all nodes are counted. Milliseconds throughout.
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

    private enum State {
        /// Somebody here watches.
        case watched(Int)
        /// Nobody here does; the timer runs. `elsewhere` says whether others did when they were counted last.
        case waiting(recheck: Int64, elsewhere: Bool)
        /// The viewers of all nodes are being counted.
        case counting(recheck: Int64, elsewhere: Bool)
        /// Nothing more is decided: stopped, ended, or the request goes on for itself.
        case released
    }

    /// What a recheck waits at first and at most, where others watch.
    private static let firstRecheck: Int64 = 100
    private static let longestRecheck: Int64 = 30_000

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
                state = .counting(recheck: Self.firstRecheck, elsewhere: false)
                return .count
            case .grace(let seconds):
                state = .waiting(recheck: Self.firstRecheck, elsewhere: false)
                return .arm(milliseconds: Int64(seconds) * 1000)
            }
        case .waiting, .counting, .released:
            return .none
        }
    }

    mutating func timerFired() -> Action {
        switch state {
        case .waiting(let recheck, let elsewhere):
            state = .counting(recheck: recheck, elsewhere: elsewhere)
            return .count
        case .watched, .counting, .released:
            return .none
        }
    }

    /// The count has come; nil where it could not be had.
    mutating func counted(_ viewers: Int?) -> Action {
        switch state {
        case .counting(let recheck, let elsewhere):
            guard viewers == 0 else {
                state = .waiting(
                    recheck: min(recheck * 2, Self.longestRecheck), elsewhere: viewers.map { $0 > 0 } ?? elsewhere)
                return .arm(milliseconds: recheck)
            }
            if elsewhere, case .grace(let seconds) = policy {
                // The last viewer left another node, and has its grace from now on.
                state = .waiting(recheck: Self.firstRecheck, elsewhere: false)
                return .arm(milliseconds: Int64(seconds) * 1000)
            }
            state = .released
            return .stop
        case .watched, .waiting, .released:
            return .none
        }
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
}
