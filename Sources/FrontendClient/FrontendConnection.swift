package import NIOCore
private import NIOFoundationCompat
package import Shared

/// One WebSocket connection to a frontend.
///
/// - Events come in order, each once. At most about `highWatermark` of them wait; beyond that the socket is not read, so
///   that a slow consumer slows the frontend down and nothing grows here.
/// - The sequence of events ends when the connection does; `closeStatus` then says how. It has one iterator; leaving it
///   closes the connection.
/// - Pings are answered; a frontend that is silent for `Options.silence` though pinged is given up (1006).
/// - Cancelling a task that awaits the next event ends the iteration, and so the connection.
package struct FrontendConnection: Sendable {
    /// How a connection behaves.
    package struct Options: Sendable {
        /// How long connecting and upgrading may take.
        package var connectTimeout: TimeAmount = .seconds(5)
        /// A bearer token for the `Authorization` header.
        package var token: String?
        /// PEM file of the authorities to trust instead of the system's, for `wss`.
        package var caFile: String?
        /// The longest message taken.
        package var maximumMessageBytes = 4 << 20
        /// After how long without a byte the frontend is pinged, and, after as long again, given up.
        package var silence: TimeAmount = .seconds(30)
        /// The bounds between which events wait for the consumer.
        package var lowWatermark = 64
        package var highWatermark = 256

        package init() {}
    }

    let channel: any Channel
    private let inbound: FrontendEvents
    private let handler: NIOLoopBound<FrontendChannelHandler>
    private let encoder = ClientEventEncoder()

    init(channel: any Channel, inbound: FrontendEvents, handler: FrontendChannelHandler) {
        self.channel = channel
        self.inbound = inbound
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// Everything the frontend says, until the connection ends. One iterator only.
    package var events: FrontendEvents { inbound }

    /// Completes when the connection has ended. Never fails.
    package var closed: EventLoopFuture<CloseStatus> {
        channel.eventLoop.flatSubmit { [handler] in handler.value.closed }
    }

    /// Sends an event. Returns when it was handed to the socket; throws `closed` where there is no connection any more.
    package func send(_ event: ClientEvent) async throws(FrontendError) {
        do {
            try await channel.writeAndFlush(encoder.encode(event)).get()
        } catch {
            throw FrontendError(.closed, "the connection to the frontend is closed", underlying: error)
        }
    }

    /// Sends an event without waiting. What cannot be sent is dropped with the connection, whose end `events` tells.
    package func post(_ event: ClientEvent) {
        channel.writeAndFlush(encoder.encode(event), promise: nil)
    }

    /// Cuts the connection without a goodbye, as a network does. `events` ends when what has arrived was read.
    package func cut() { channel.close(promise: nil) }

    /// Says goodbye and closes. Returns when the connection has ended, at most a second later.
    package func close(_ status: CloseStatus = CloseStatus(code: 1000)) async {
        channel.eventLoop.execute { [handler] in handler.value.close(status) }
        _ = try? await closed.get()
    }
}

/// The events of a connection: see `FrontendConnection.events`.
package struct FrontendEvents: AsyncSequence, Sendable {
    package typealias Element = ServerEvent
    typealias Producer = NIOAsyncSequenceProducer<
        ServerEvent, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, FrontendChannelHandler.Demand
    >

    private let producer: Producer

    init(_ producer: Producer) { self.producer = producer }

    package func makeAsyncIterator() -> Iterator { Iterator(base: producer.makeAsyncIterator()) }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let base: Producer.AsyncIterator

        @concurrent package mutating func next() async -> ServerEvent? { await base.next() }
    }
}
