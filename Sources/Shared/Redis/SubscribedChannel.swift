/// A channel with those who listen to it, as its subscriber finds it when a message comes.
final class SubscribedChannel {
    let name: String
    let bytes: [UInt8]
    /// Redis has confirmed the latest `SUBSCRIBE`: until then messages are leftovers of an earlier one.
    var isLive = false
    var subscriptions: [RedisSubscription] = []
    /// The next channel whose name has the same hash.
    var next: SubscribedChannel?

    init(_ name: String) {
        self.name = name
        bytes = [UInt8](name.utf8)
    }

    func isNamed(_ other: UnsafeRawBufferPointer) -> Bool {
        bytes.count == other.count && bytes.elementsEqual(other)
    }
}
