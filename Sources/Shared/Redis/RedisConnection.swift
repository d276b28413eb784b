import Logging
import NIOCore

/// One connection to Redis that is kept up: made, greeted, and made again with back-off whenever it is lost.
///
/// Bound to one loop, on which everything here must be called. What it carries is its delegate's business: it writes bytes
/// in the order given and delivers replies in order. It keeps itself and its delegate alive until it is closed.
///
/// - Note: `@unchecked Sendable` because all of its state is only touched on `eventLoop`.
final class RedisConnection: @unchecked Sendable {
    let eventLoop: any EventLoop
    private let connector: RedisConnector
    private let connectTimeout: TimeAmount
    private let handshake: RedisHandshake
    private let logger: Logger
    private var delegate: (any RedisConnectionDelegate)?
    private var machine: RedisConnectionStateMachine
    private var handler: RedisChannelHandler?
    private var setupTimer: Scheduled<Void>?
    private var retryTimer: Scheduled<Void>?

    /// Redis's own number for this connection, for `CLIENT UNBLOCK`; nil while there is none or when an ACL hides it.
    private(set) var clientID: Int?
    /// Why there is no connection, if the last attempt or connection failed.
    private(set) var lastError: RedisError?
    /// How often it has become ready.
    private(set) var timesReady = 0

    init(
        _ configuration: RedisConfiguration, on eventLoop: any EventLoop, scripts: [RedisScript] = [],
        reconnecting: RedisConnectionStateMachine.Reconnecting, logger: Logger
    ) throws(RedisError) {
        self.eventLoop = eventLoop
        connector = try RedisConnector(configuration)
        connectTimeout = configuration.connectTimeout
        handshake = RedisHandshake(configuration, scripts: scripts)
        self.logger = logger
        machine = RedisConnectionStateMachine(
            backoff: Backoff(
                minimum: configuration.reconnectMinimum.nanoseconds, maximum: configuration.reconnectMaximum.nanoseconds
            ),
            reconnecting: reconnecting, steps: handshake.steps.count)
    }

    static func now() -> Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }

    var isReady: Bool { machine.isReady }
    var isRetiring: Bool { machine.isRetiring }

    func setDelegate(_ delegate: any RedisConnectionDelegate) {
        self.delegate = delegate
    }

    /// Wants the connection up.
    func start() {
        eventLoop.preconditionInEventLoop()
        switch machine.wanted() {
        case .connect: connect()
        case .none: break
        }
    }

    /// Writes and flushes. Only while ready.
    func write(_ bytes: ByteBuffer) {
        handler?.write(bytes)
    }

    /// Gives this connection up, and makes another.
    func drop(_ error: RedisError) {
        guard let handler else { return }
        handler.close(error)
        // A channel that is still connecting has no handler context to close by: its loss is reported here.
        lost(handler, error)
    }

    /// Writes nothing new; the delegate calls `drop` when all is answered.
    func retire() -> Bool { machine.retired() }

    /// Final. The delegate hears `connectionDidClose` before this returns.
    func close() {
        eventLoop.preconditionInEventLoop()
        switch machine.closeRequested() {
        case .none: return
        case .closeConnection, .done:
            setupTimer?.cancel()
            retryTimer?.cancel()
            let handler = self.handler
            self.handler = nil
            clientID = nil
            handler?.close(nil)
            let delegate = self.delegate
            self.delegate = nil
            delegate?.connectionDidClose()
        }
    }

    private func connect() {
        let handler = RedisChannelHandler(connection: self)
        self.handler = handler
        setupTimer = eventLoop.assumeIsolated().scheduleTask(in: connectTimeout) { self.setupTimedOut(handler) }
        connector.connect(on: eventLoop, handler: handler).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel):
                // Closed, or given up, while the socket was being opened.
                if self.handler !== handler { channel.close(promise: nil) }
            case .failure(let error): self.lost(handler, error)
            }
        }
    }

    private func setupTimedOut(_ handler: RedisChannelHandler) {
        guard self.handler === handler else { return }
        switch machine.setupTimedOut() {
        case .close:
            drop(
                RedisError(.connectFailed, "no connection to Redis within \(connectTimeout.nanoseconds / 1_000_000) ms")
            )
        case .none: break
        }
    }
}

// What the channel handler reports. A handler that is no longer the current one is not listened to.
extension RedisConnection {
    func opened(_ handler: RedisChannelHandler) {
        guard self.handler === handler else { return handler.close(nil) }
        switch machine.opened() {
        case .sendHandshake: handler.write(handshake.bytes)
        case .close: handler.close(nil)
        }
    }

    func replied(_ handler: RedisChannelHandler, _ reply: ReplyReader) {
        guard self.handler === handler else { return }
        switch machine.replied() {
        case .deliver: delegate?.connectionReplied(reply)
        case .handshake(let step): handshakeReplied(handshake.steps[step], reply)
        case .close: drop(RedisError(.protocolViolation, "a reply to nothing"))
        }
    }

    func readCompleted(_ handler: RedisChannelHandler) {
        guard self.handler === handler else { return }
        delegate?.connectionReadCompleted()
    }

    func lost(_ handler: RedisChannelHandler, _ cause: (any Error)?) {
        guard self.handler === handler else { return }
        self.handler = nil
        clientID = nil
        setupTimer?.cancel()
        let code: RedisError.Code = machine.isReady ? .connectionLost : .connectFailed
        let error =
            cause as? RedisError
            ?? RedisError(
                code, code == .connectionLost ? "the connection to Redis was lost" : "no connection to Redis",
                underlying: cause)
        lastError = error
        switch machine.lost(now: Self.now(), random: Double.random(in: 0..<1)) {
        case .retry(let wait):
            if error.isWrongSetting {
                logger.error(
                    "Redis refuses this node's settings: see --redis-url",
                    [.error: "\(error)", .retryAfter: "\(wait / 1_000_000)"])
            } else {
                logger.warning(
                    "redis connection lost", [.error: "\(error)", .retryAfter: "\(wait / 1_000_000)"])
            }
            retryTimer = eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(wait)) { self.retry() }
        case .none: break
        }
        delegate?.connectionWasLost(error)
    }

    private func handshakeReplied(_ step: RedisHandshake.Step, _ reply: ReplyReader) {
        var reader = reply
        let answer = reader.reply()
        if step == .clientID, case .integer(let id) = answer { clientID = id }
        let refusal = RedisHandshake.refusal(step, answer)
        switch machine.handshakeStepAnswered(refusal == nil ? .good : .refused, now: Self.now()) {
        case .none: break
        case .becomeReady:
            setupTimer?.cancel()
            lastError = nil
            timesReady += 1
            logger.debug("redis connection ready", [.redisClient: "\(clientID ?? 0)"])
            delegate?.connectionBecameReady()
        case .close: drop(refusal ?? RedisError(.connectFailed, "the handshake with Redis failed"))
        }
    }

    private func retry() {
        switch machine.retryTimerFired() {
        case .connect: connect()
        case .none: break
        }
    }
}
