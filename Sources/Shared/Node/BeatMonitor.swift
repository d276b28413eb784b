/// Judges a control path by the beats that a node sends itself over it.
///
/// A beat is due at regular times. It is missed if it has not come back when the next one is due. Why it was missed is told
/// apart: Redis took it and it did not come back, so that this node is **deaf** to what others publish; or Redis did not even
/// take it, so that nothing is known of the way back (**unsent**). Enough missed in a row: the path does not count as good until a
/// beat comes back, and if it was deafness, the subscription is to be made anew, again and again at that distance.
///
/// A beat that comes back where an earlier one, which Redis had taken, did not is a **hole**: what else passed in between is lost
/// too, so the subscription is made anew at once, for what was lost to be read again.
///
/// Beats are counted and not timed, so that a process that was suspended for a minute has missed one. Pure; times are
/// nanoseconds of any steady clock.
package struct BeatMonitor: Sendable {
    package enum Status: Hashable, Sendable {
        /// No beat has come back yet, and few have been missed.
        case unproven
        case hearing
        /// So many beats in a row were missed, the last one though Redis had taken it.
        case deaf(missed: Int)
        /// So many beats in a row were missed, the last one because Redis did not answer.
        case unsent(missed: Int)
    }

    /// What is to be done when a beat is due.
    package struct Due: Hashable, Sendable {
        /// The number of the beat to send now.
        package var beat: UInt64
        /// Whether the subscription is to be made anew.
        package var reconnects: Bool

        package init(beat: UInt64, reconnects: Bool) {
            self.beat = beat
            self.reconnects = reconnects
        }
    }

    /// Beats whose way back is timed. Older ones that come late count, with the age of the oldest that is known.
    private static let remembered = 64

    private let tolerated: Int
    private let start: Int64
    /// Those that have not come back.
    private var sent: [(beat: UInt64, at: Int64, wasTaken: Bool)] = []
    private var lastSent: UInt64 = 0
    private var lastTaken: UInt64 = 0
    private var lastHeard: UInt64 = 0
    private var heardSentAt: Int64?
    private var missed = 0
    private var deafSinceReconnect = 0
    private var lastMissWasDeaf = false
    private var hasHole = false
    /// Beats up to here may be missing: the loss of a subscription that was told of explains it.
    private var excused: UInt64 = 0

    /// `tolerated` missed beats in a row make the path bad; at least one.
    package init(tolerated: Int = 3, now: Int64) {
        precondition(tolerated > 0, "one missed beat at least has to be tolerated")
        self.tolerated = tolerated
        start = now
    }

    /// A beat is due.
    package mutating func due(now: Int64) -> Due {
        var reconnects = hasHole
        hasHole = false
        if lastSent > lastHeard {
            missed += 1
            lastMissWasDeaf = lastTaken >= lastSent
            deafSinceReconnect = lastMissWasDeaf ? deafSinceReconnect + 1 : 0
            if deafSinceReconnect >= tolerated {
                deafSinceReconnect = 0
                reconnects = true
            }
        }
        lastSent += 1
        if sent.count == Self.remembered { sent.removeFirst() }
        sent.append((lastSent, now, false))
        return Due(beat: lastSent, reconnects: reconnects)
    }

    /// Redis took a beat.
    package mutating func taken(_ beat: UInt64) {
        guard beat <= lastSent else { return }
        lastTaken = max(lastTaken, beat)
        if let index = sent.firstIndex(where: { $0.beat == beat }) { sent[index].wasTaken = true }
        findHoles()
    }

    /// The subscription is new: what was lost until now is known to be, and is read again.
    package mutating func subscribed() {
        excused = lastSent
        hasHole = false
    }

    /// A beat came back. Those that were not sent from here, or are older than one that came, say nothing.
    package mutating func heard(_ beat: UInt64) {
        guard beat > lastHeard, beat <= lastSent else { return }
        heardSentAt = sent.first { $0.beat >= beat }?.at ?? heardSentAt
        sent.removeAll { $0.beat == beat }
        lastHeard = beat
        findHoles()
        lastTaken = max(lastTaken, beat)
        missed = 0
        deafSinceReconnect = 0
    }

    /// A hole is found when both are known, in any order: that Redis took a beat, and that a later one came back.
    private mutating func findHoles() {
        let lost = sent.filter { $0.wasTaken && $0.beat < lastHeard }.map(\.beat)
        guard let last = lost.last else { return }
        if last > excused { hasHole = true }
        sent.removeAll { lost.contains($0.beat) }
    }

    /// How the path stands.
    package var status: Status {
        if missed >= tolerated { return lastMissWasDeaf ? .deaf(missed: missed) : .unsent(missed: missed) }
        return lastHeard == 0 ? .unproven : .hearing
    }

    /// How long ago the last beat that came back was sent; or since the start, where none has.
    package func age(now: Int64) -> Int64 { max(now - (heardSentAt ?? start), 0) }
}
