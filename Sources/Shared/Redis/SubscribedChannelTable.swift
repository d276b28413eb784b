/// The channels of a subscriber by name, found by the bytes of a message without making a string of them.
struct SubscribedChannelTable {
    /// Chains of channels by the hash of their names; the hash is seeded, as clients have a say in names.
    private var chains: [Int: SubscribedChannel] = [:]

    func find(_ name: UnsafeRawBufferPointer) -> SubscribedChannel? {
        var candidate = chains[Self.hash(name)]
        while let channel = candidate {
            if channel.isNamed(name) { return channel }
            candidate = channel.next
        }
        return nil
    }

    func find(_ name: String) -> SubscribedChannel? {
        var name = name
        return name.withUTF8 { find(UnsafeRawBufferPointer($0)) }
    }

    /// Adds a channel that is not there yet.
    mutating func insert(_ channel: SubscribedChannel) {
        let hash = channel.bytes.withUnsafeBytes(Self.hash)
        channel.next = chains[hash]
        chains[hash] = channel
    }

    mutating func remove(_ channel: SubscribedChannel) {
        let hash = channel.bytes.withUnsafeBytes(Self.hash)
        guard let head = chains[hash] else { return }
        if head === channel {
            chains[hash] = channel.next
            return
        }
        var before = head
        while let next = before.next {
            if next === channel {
                before.next = next.next
                return
            }
            before = next
        }
    }

    /// Removes all channels and returns them.
    mutating func removeAll() -> [SubscribedChannel] {
        var all: [SubscribedChannel] = []
        for head in chains.values {
            var candidate: SubscribedChannel? = head
            while let channel = candidate {
                all.append(channel)
                candidate = channel.next
            }
        }
        chains = [:]
        return all
    }

    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: name)
        return hasher.finalize()
    }
}
