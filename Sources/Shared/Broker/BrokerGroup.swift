package import NIOCore

/// The brokers of a node, one per event loop, so that whoever runs on a loop talks to Redis without leaving it.
package struct BrokerGroup: Sendable {
    package let all: [any Broker]
    private let byLoop: [ObjectIdentifier: any Broker]

    /// At least one broker.
    package init(_ brokers: [any Broker]) {
        precondition(!brokers.isEmpty, "a node needs a broker")
        #if DEBUG
        let brokers = MutantBroker.wrapped(brokers)
        #endif
        all = brokers
        byLoop = Dictionary(
            brokers.map { (ObjectIdentifier($0.eventLoop), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// One for calls that belong to no loop.
    package var any: any Broker { all[0] }

    /// The broker of `eventLoop`, or one of another loop where it has none.
    package subscript(eventLoop: any EventLoop) -> any Broker { byLoop[ObjectIdentifier(eventLoop)] ?? all[0] }
}
