/// The names of everything Penstock keeps in Redis. The hash tag `{<id>}` puts all keys of a request into one slot.
package struct RedisKeys: Hashable, Sendable {
    /// Stands before every key and channel. Default: nothing.
    package let prefix: String

    package init(prefix: String = "") { self.prefix = prefix }

    /// The consumer group of every job stream.
    package static let group = "workers"

    package func jobs(_ queue: String) -> String { "\(prefix)jobs:\(queue)" }
    package func request(_ id: RequestID) -> String { "\(prefix)request:{\(id.text)}" }
    package func log(_ id: RequestID) -> String { "\(prefix)tokens:{\(id.text)}" }
    package func message(_ id: MessageID) -> String { "\(prefix)message:{\(id.text)}" }
    package func session(_ id: SessionID) -> String { "\(prefix)session:{\(id.text)}" }
    package func sessionMessages(_ id: SessionID) -> String { "\(prefix)session:{\(id.text)}:messages" }
    package func openRequests(_ owner: String) -> String { "\(prefix)owner:{\(owner)}:requests" }
    package var nodes: String { "\(prefix)nodes" }
    package func node(_ id: String) -> String { "\(prefix)node:\(id)" }
    package func dead(_ queue: String) -> String { "\(prefix)dead:\(queue)" }

    /// The channel of the live feed.
    package func feed(_ id: RequestID) -> String { "\(prefix)tokens:\(id.text)" }
    /// The channel of stops.
    package func stops(_ id: RequestID) -> String { "\(prefix)stop:\(id.text)" }
    /// The channel of a node's beats to itself, one for each of its event loops.
    package func beats(_ name: String) -> String { "\(prefix)beat:\(name)" }
    /// The channel that tells of released jobs.
    package func released(_ queue: String) -> String { "\(prefix)jobs:\(queue)" }
}
