/// A first-in, first-out queue in a ring, for the state machines, which import nothing.
///
/// Appending and removing the first are O(1) and, once the ring has grown, allocate nothing. The ring is given back by
/// `removeAll()`. It has no bound of its own: its owner has.
package struct FIFO<Element> {
    private var ring: [Element?] = []
    private var head = 0
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// The oldest element; setting it replaces it. The queue must not be empty.
    package var first: Element {
        get { self[0] }
        _modify { yield &self[0] }
    }

    package subscript(offset: Int) -> Element {
        get {
            precondition(offset >= 0 && offset < count, "out of bounds")
            return ring[(head + offset) & (ring.count - 1)]!
        }
        _modify {
            precondition(offset >= 0 && offset < count, "out of bounds")
            yield &ring[(head + offset) & (ring.count - 1)]!
        }
    }

    package mutating func append(_ element: Element) {
        if count == ring.count { grow() }
        ring[(head + count) & (ring.count - 1)] = element
        count += 1
    }

    /// Removes the oldest element and returns it, or nil when there is none.
    package mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = ring[head]
        ring[head] = nil
        head = (head + 1) & (ring.count - 1)
        count -= 1
        return element
    }

    /// Removes everything, oldest first.
    package mutating func removeAll() -> [Element] {
        var all: [Element] = []
        all.reserveCapacity(count)
        while let element = popFirst() { all.append(element) }
        ring = []
        head = 0
        return all
    }

    /// Removes the elements that match and returns them; the rest keep their order.
    package mutating func removeAll(where matches: (Element) -> Bool) -> [Element] {
        var removed: [Element] = []
        for _ in 0..<count {
            guard let element = popFirst() else { break }
            if matches(element) { removed.append(element) } else { append(element) }
        }
        return removed
    }

    private mutating func grow() {
        var larger: [Element?] = []
        larger.reserveCapacity(max(16, ring.count * 2))
        for offset in 0..<count { larger.append(self[offset]) }
        larger.append(contentsOf: repeatElement(nil, count: max(16, ring.count * 2) - count))
        ring = larger
        head = 0
    }
}

extension FIFO: Sendable where Element: Sendable {}
