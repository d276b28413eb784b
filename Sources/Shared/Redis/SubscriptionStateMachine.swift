/// Which channels one connection is subscribed to, and who wants them.
///
/// The first handler of a channel subscribes it, the last to leave unsubscribes it. Redis confirms each `SUBSCRIBE` and
/// `UNSUBSCRIBE` in the order in which they were sent, so each confirmation is matched with the command that it answers; only
/// the last command sent for a channel decides its state.
///
/// ```
/// (none) ─▶ subscribing ─▶ subscribed ─▶ unsubscribing ─▶ (none)
///    │          ▲  ▲                          │
///    └▶ waiting ┘  └──────────────────────────┘  a handler that comes meanwhile: SUBSCRIBE is sent again
/// ```
///
/// `waiting` is wanted without a connection. A loss of the connection takes everything wanted there.
///
/// Pure: no I/O, no clock.
package struct SubscriptionStateMachine: ~Copyable {
    package typealias HandlerID = Int

    package enum SubscribeAction: Equatable {
        /// Send `SUBSCRIBE`; the confirmation will follow.
        case send
        /// Wait for a confirmation that is under way, or for the connection.
        case wait
        /// The channel is subscribed already.
        case confirm
        /// Too many channels.
        case refuse
    }
    package enum UnsubscribeAction: Equatable { case send, none }
    package enum Confirmation: Sendable { case subscribe, unsubscribe, pong }
    package enum ConfirmedAction: Equatable {
        /// The channel is live: for handlers that wait for their first confirmation, and for those that had been interrupted.
        case live(new: [HandlerID], resumed: [HandlerID])
        case pong
        case none
        /// Not what was awaited: the connection is to be given up.
        case violation
    }
    package enum FailedAction: Equatable {
        /// Redis refuses the channel; its handlers are gone.
        case refused(channel: String, [HandlerID])
        /// Redis forbids `PING`, but it answers.
        case pong
        case none
        case violation
    }

    private enum State {
        case waiting
        case subscribing(number: Int)
        case subscribed
        case unsubscribing(number: Int)
    }

    private struct Handler {
        let id: HandlerID
        /// It was told that the channel is live, at least once.
        var wasConfirmed = false
    }

    private struct Channel {
        var state: State
        var handlers: [Handler]
    }

    private struct Awaited {
        let number: Int
        let kind: Confirmation
        let channel: String
    }

    package let maximumChannels: Int
    private var channels: [String: Channel] = [:]
    private var awaited = FIFO<Awaited>()
    private var isConnected = false
    private var sent = 0

    package init(maximumChannels: Int) {
        self.maximumChannels = maximumChannels
    }

    /// The channels wanted, or being left.
    package var channelCount: Int { channels.count }
    /// Confirmations that Redis owes.
    package var awaitedCount: Int { awaited.count }

    /// A handler wants a channel. Each handler is subscribed at most once.
    package mutating func subscribe(_ name: String, _ handler: HandlerID) -> SubscribeAction {
        guard var channel = channels[name] else {
            // Twice the bound, as each SUBSCRIBE may be followed by its UNSUBSCRIBE.
            guard channels.count < maximumChannels, awaited.count < 2 * maximumChannels else { return .refuse }
            let state: State = isConnected ? .subscribing(number: expect(.subscribe, name)) : .waiting
            channels[name] = Channel(state: state, handlers: [Handler(id: handler)])
            return isConnected ? .send : .wait
        }
        let action: SubscribeAction
        switch channel.state {
        case .waiting, .subscribing: action = .wait
        case .subscribed: action = .confirm
        case .unsubscribing:
            guard awaited.count < 2 * maximumChannels else { return .refuse }
            channel.state = .subscribing(number: expect(.subscribe, name))
            action = .send
        }
        channel.handlers.append(Handler(id: handler, wasConfirmed: action == .confirm))
        channels[name] = channel
        return action
    }

    /// A handler leaves. Leaving twice, or a channel one is not in, is nothing.
    package mutating func unsubscribe(_ name: String, _ handler: HandlerID) -> UnsubscribeAction {
        guard var channel = channels[name], let index = channel.handlers.firstIndex(where: { $0.id == handler }) else {
            return .none
        }
        channel.handlers.remove(at: index)
        guard channel.handlers.isEmpty else {
            channels[name] = channel
            return .none
        }
        switch channel.state {
        case .waiting:
            channels[name] = nil
            return .none
        case .subscribing, .subscribed:
            channel.state = .unsubscribing(number: expect(.unsubscribe, name))
            channels[name] = channel
            return .send
        case .unsubscribing: return .none
        }
    }

    /// A `PING` was written.
    package mutating func pingSent() {
        _ = expect(.pong, "")
    }

    /// There is a connection: the channels to subscribe on it, each by one `SUBSCRIBE` in this order.
    package mutating func connected() -> [String] {
        guard !isConnected else { return [] }
        isConnected = true
        let names = Array(channels.keys)
        for name in names {
            let number = expect(.subscribe, name)
            channels[name]?.state = .subscribing(number: number)
        }
        return names
    }

    /// The connection is gone: the handlers whose messages stop.
    package mutating func disconnected() -> [(channel: String, handlers: [HandlerID])] {
        isConnected = false
        _ = awaited.removeAll()
        var interrupted: [(channel: String, handlers: [HandlerID])] = []
        for (name, channel) in channels {
            switch channel.state {
            case .subscribed:
                interrupted.append((name, channel.handlers.map(\.id)))
                channels[name]?.state = .waiting
            case .subscribing: channels[name]?.state = .waiting
            case .unsubscribing: channels[name] = nil
            case .waiting: break
            }
        }
        return interrupted
    }

    /// Redis confirmed something. `channel` is empty for a pong.
    package mutating func confirmed(_ kind: Confirmation, _ name: String) -> ConfirmedAction {
        guard let head = awaited.popFirst(), head.kind == kind, head.channel == name else { return .violation }
        switch kind {
        case .pong: return .pong
        case .subscribe, .unsubscribe: return settle(head)
        }
    }

    /// Redis answered with an error to what was awaited first.
    package mutating func failed() -> FailedAction {
        guard let head = awaited.popFirst() else { return .violation }
        if head.kind == .pong { return .pong }
        guard let channel = channels[head.channel] else { return .violation }
        switch (head.kind, channel.state) {
        case (.pong, _), (.unsubscribe, _): return .violation
        case (.subscribe, .subscribing(head.number)):
            channels[head.channel] = nil
            return .refused(channel: head.channel, channel.handlers.map(\.id))
        case (.subscribe, .waiting), (.subscribe, .subscribing), (.subscribe, .subscribed),
            (.subscribe, .unsubscribing):
            return .none
        }
    }

    private mutating func settle(_ answered: Awaited) -> ConfirmedAction {
        guard var channel = channels[answered.channel] else { return .none }
        switch channel.state {
        case .subscribing(answered.number):
            let new = channel.handlers.filter { !$0.wasConfirmed }.map(\.id)
            let resumed = channel.handlers.filter(\.wasConfirmed).map(\.id)
            channel.state = .subscribed
            for index in channel.handlers.indices { channel.handlers[index].wasConfirmed = true }
            channels[answered.channel] = channel
            return .live(new: new, resumed: resumed)
        case .unsubscribing(answered.number):
            channels[answered.channel] = nil
            return .none
        // An earlier command for the channel; a later one decides.
        case .subscribing, .unsubscribing, .subscribed, .waiting: return .none
        }
    }

    /// Remembers a command as sent, and returns its number.
    private mutating func expect(_ kind: Confirmation, _ channel: String) -> Int {
        sent += 1
        awaited.append(Awaited(number: sent, kind: kind, channel: channel))
        return sent
    }
}
