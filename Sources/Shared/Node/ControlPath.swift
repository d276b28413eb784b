package import Logging
package import NIOCore
private import Synchronization

/// The control path of one event loop: sends itself beats, and has the subscription made anew when they do not come back.
///
/// Bound to the loop of its broker, but for `report`, which may be read from anywhere.
/// `@unchecked Sendable`: it is captured by callbacks that run on its event loop; what is read elsewhere is behind a lock.
package final class ControlPath: @unchecked Sendable {
    /// How the path stood when its event loop last looked.
    package struct Report: Sendable {
        package var status: BeatMonitor.Status
        package var connections: BrokerConnections
        /// Why the beats may not be heard, where that is so.
        package var refusal: String?
        /// How old the last beat heard was. Nanoseconds.
        package var age: Int64
        /// When it was looked at.
        package var lookedAt: NIODeadline

        package init(
            status: BeatMonitor.Status, connections: BrokerConnections, refusal: String? = nil, age: Int64,
            lookedAt: NIODeadline
        ) {
            self.status = status
            self.connections = connections
            self.refusal = refusal
            self.age = age
            self.lookedAt = lookedAt
        }
    }

    private let broker: any Broker
    private let name: String
    private let interval: TimeAmount
    private let metrics: ControlPathMetrics
    private let logger: Logger
    private let latest: Mutex<Report>
    private var monitor: BeatMonitor
    private var subscription: (any BrokerSubscription)?
    private var refusal: String?
    private var beats: RepeatedTask?
    private var looks: RepeatedTask?
    private var isCancelled = false
    /// The last beat that was sent, and when.
    private var lastBeat: (number: UInt64, sentAt: NIODeadline)?
    private var nextLook: NIODeadline?
    private var connectionsMade = BrokerConnections.Made()

    /// A path that beats on the channel of `name` every `interval`.
    package init(broker: any Broker, name: String, interval: TimeAmount, metrics: ControlPathMetrics, logger: Logger) {
        self.metrics = metrics
        self.broker = broker
        self.name = name
        self.interval = interval
        self.logger = logger
        let now = NIODeadline.now()
        monitor = BeatMonitor(now: Self.nanoseconds(now))
        latest = Mutex(
            Report(
                status: .unproven, connections: BrokerConnections(commands: false, subscriptions: false), age: 0,
                lookedAt: now))
    }

    /// How it stood lately: at most a quarter of the interval ago, unless the event loop is stuck.
    package var report: Report { latest.withLock { $0 } }

    /// Begins. The first beat is sent as soon as it would be heard.
    package func start() {
        broker.eventLoop.execute { [self] in
            subscribe()
            beats = broker.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [weak self] _ in
                self?.beatDue()
            }
            let pause = TimeAmount.nanoseconds(max(interval.nanoseconds / 4, 1))
            looks = broker.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: pause) { [weak self] _ in
                self?.lookDue(pause)
            }
        }
    }

    /// Ends it.
    package func cancel() {
        broker.eventLoop.execute { [self] in
            isCancelled = true
            subscription?.cancel()
            beats?.cancel()
            looks?.cancel()
        }
    }

    private func subscribe() {
        let subscription = broker.listenForBeats(name: name) { [weak self] event in self?.received(event) }
        self.subscription = subscription
        subscription.confirmed.whenComplete { [weak self] result in
            guard let self, !self.isCancelled else { return }
            switch result {
            case .success:
                self.monitor.subscribed()
                self.send(self.monitor.due(now: Self.nanoseconds(.now())).beat)
            case .failure(let error): self.refused("\(error)")
            }
        }
    }

    private func received(_ event: BeatEvent) {
        switch event {
        case .beat(let number):
            if let lastBeat, lastBeat.number == number { metrics.beatHeard(after: .now() - lastBeat.sentAt) }
            monitor.heard(number)
            refusal = nil
            look()
        case .interrupted: look()
        case .resumed: monitor.subscribed()
        case .refused(let error): refused("\(error)")
        }
    }

    private func refused(_ reason: String) {
        subscription = nil
        refusal = reason
        look()
    }

    private func beatDue() {
        guard !isCancelled else { return }
        // Somebody may have allowed it since.
        if subscription == nil { subscribe() }
        let due = monitor.due(now: Self.nanoseconds(.now()))
        send(due.beat)
        if due.reconnects, refusal == nil { reconnectSoon() }
        look()
    }

    private func send(_ beat: UInt64) {
        let sentAt = NIODeadline.now()
        lastBeat = (beat, sentAt)
        // As long as three beats: a connection that takes none in that time is given up.
        broker.beat(beat, name: name, timeout: .nanoseconds(interval.nanoseconds * 3)).whenSuccess { [weak self] _ in
            guard let self else { return }
            self.metrics.answered(after: .now() - sentAt)
            self.monitor.taken(beat)
        }
    }

    /// At a random time, so that the nodes that one Redis, or one switch, made deaf do not all come back in the same moment.
    private func reconnectSoon() {
        let delay = TimeAmount.nanoseconds(Int64.random(in: 0...interval.nanoseconds / 2))
        broker.eventLoop.scheduleTask(in: delay) { [self] in
            guard !isCancelled else { return }
            logger.warning(
                "this node missed what others said: its subscriptions are made anew",
                [.channel: "\(name)", .state: "\(monitor.status)", .age: "\(Double(age / 1_000_000) / 1000)"])
            broker.renewSubscriptions(because: "beats did not come back")
        }
    }

    /// The next look is due a pause after this one.
    private func lookDue(_ pause: TimeAmount) {
        let now = NIODeadline.now()
        if let nextLook { metrics.wasLate(by: now - nextLook) }
        nextLook = now + pause
        look()
    }

    private func look() {
        let connections = broker.connections
        metrics.connectionsMade(connections.made, before: connectionsMade)
        connectionsMade = connections.made
        let report = Report(
            status: monitor.status, connections: connections, refusal: refusal, age: age, lookedAt: .now())
        latest.withLock { $0 = report }
    }

    private var age: Int64 { monitor.age(now: Self.nanoseconds(.now())) }

    private static func nanoseconds(_ time: NIODeadline) -> Int64 { Int64(bitPattern: time.uptimeNanoseconds) }
}
