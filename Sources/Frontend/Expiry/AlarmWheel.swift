/// When to look after whom, to a slot of time. Pure; times are milliseconds of any steady clock.
///
/// Setting and cancelling cost the same however many are set. An alarm is never early, and late by a slot at most.
struct AlarmWheel<ID: Hashable & Sendable>: Sendable {
    private let slotLength: Int64
    private var slots: [Int64: Set<ID>] = [:]
    private var slotOf: [ID: Int64] = [:]
    /// The first slot that may have something.
    private var first: Int64 = .max

    init(slotLength: Int64) {
        precondition(slotLength > 0, "a slot has a length")
        self.slotLength = slotLength
    }

    var isEmpty: Bool { slotOf.isEmpty }

    /// Sets the alarm of `id`, in place of one that is set.
    mutating func set(_ id: ID, at time: Int64) {
        cancel(id)
        let slot = time / slotLength + (time % slotLength > 0 ? 1 : 0)
        slots[slot, default: []].insert(id)
        slotOf[id] = slot
        first = min(first, slot)
    }

    mutating func cancel(_ id: ID) {
        guard let slot = slotOf.removeValue(forKey: id) else { return }
        slots[slot]?.remove(id)
        if slots[slot]?.isEmpty == true { slots[slot] = nil }
        if slotOf.isEmpty { first = .max }
    }

    /// Takes those out whose time has come, the earliest first, at most `limit`.
    mutating func due(now: Int64, limit: Int) -> [ID] {
        var due: [ID] = []
        while first <= now / slotLength, due.count < limit {
            guard let id = slots[first]?.first else {
                first = slotOf.isEmpty ? .max : first + 1
                continue
            }
            cancel(id)
            due.append(id)
        }
        return due
    }
}
