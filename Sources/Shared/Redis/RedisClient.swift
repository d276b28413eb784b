package import Logging
package import NIOCore

/// One pipelined connection for commands, kept up, on one event loop.
///
/// - Order: commands are sent in the order of the calls on the loop, and are answered in that order. They are never
///   reordered and never sent twice.
/// - While there is no connection commands wait, in order, until there is one or their deadline passes (`timeout`). Where Redis
///   refuses the password or the database they do not: they fail at once with that, as do those that come before the next attempt.
/// - When the connection breaks, what was in flight fails with `connectionLost` and is not repeated: whether Redis ran it is
///   unknown, and only the caller knows whether it may be repeated. What was waiting goes on waiting.
/// - A connection whose command in flight passes its deadline is given up: that command fails with `timeout`, the others
///   with `connectionLost`.
/// - Bounds: `maximumPendingCommands` and `maximumPendingBytes`, over what waits and what is in flight. Policy: refuse at
///   once with `queueFull`.
/// - A reply `READONLY` (the server became a replica) fails its command and makes the client connect anew, once what is in
///   flight was answered.
/// - Flushes are shared: at the end of the turn of the loop, or at a tick of 1 ms under load (see `FlushPolicy`).
///
/// `send` and `evaluate` may be called from any thread; `submit` and `isConnected` only on the loop. It keeps itself
/// alive until it is closed, so it must be closed.
///
/// - Note: `@unchecked Sendable` because all of its state is only touched on `eventLoop`.
package final class RedisClient: @unchecked Sendable {
    /// Called on the loop once for each command of a submission, in order: its index and its reply, which is valid in the
    /// call only, or its error. An error reply of Redis is a failure.
    package typealias Completion = (_ index: Int, _ result: Result<ReplyReader, RedisError>) -> Void

    package let eventLoop: any EventLoop
    let configuration: RedisConfiguration
    private let connection: RedisConnection
    private var queue: CommandQueue<Completion, ByteBuffer>
    private var policy = FlushPolicy()
    private var outbound: ByteBuffer
    private var flushScheduled = false
    private var turnTime: Int64 = 0
    private var deadlineTimer: Scheduled<Void>?
    private var timerDeadline = Int64.max
    private var isClosing = false
    private let closed: EventLoopPromise<Void>

    /// Makes a client and begins to connect, unless `reconnecting` is `onDemand`: then the first command does.
    ///
    /// The scripts are loaded on every new connection. Throws `invalidConfiguration` when TLS cannot be set up.
    package init(
        _ configuration: RedisConfiguration, on eventLoop: any EventLoop, scripts: [RedisScript] = [],
        reconnecting: RedisConnectionStateMachine.Reconnecting = .always, logger: Logger
    ) throws(RedisError) {
        self.eventLoop = eventLoop
        self.configuration = configuration
        connection = try RedisConnection(
            configuration, on: eventLoop, scripts: scripts, reconnecting: reconnecting, logger: logger)
        queue = CommandQueue(
            maximumCommands: configuration.maximumPendingCommands, maximumBytes: configuration.maximumPendingBytes)
        outbound = ByteBuffer()
        closed = eventLoop.makePromise()
        onLoop { client in
            client.connection.setDelegate(client)
            if case .always = reconnecting { client.connection.start() }
        }
    }

    // MARK: - State, on the loop

    /// Whether commands are sent at once. On the loop only.
    package var isConnected: Bool {
        eventLoop.preconditionInEventLoop()
        return connection.isReady
    }

    /// Why there is no connection, if the last attempt or connection failed. On the loop only.
    package var lastError: RedisError? {
        eventLoop.preconditionInEventLoop()
        return connection.lastError
    }

    /// How often the connection was made. On the loop only.
    package var connectionsMade: Int { connection.timesReady }

    /// Redis's number for the connection, for `CLIENT UNBLOCK` from another. On the loop only.
    package var clientID: Int? {
        eventLoop.preconditionInEventLoop()
        return connection.clientID
    }

    // MARK: - Sending

    /// Sends a command. From any thread. Fails with a `RedisError`; an error reply is one of code `redis`.
    package func send(_ command: RedisCommand, timeout: RedisTimeout = .standard, urgent: Bool = false)
        -> EventLoopFuture<RedisReply>
    {
        let promise = eventLoop.makePromise(of: RedisReply.self)
        onLoop { client in
            client.submit(timeout: timeout, urgent: urgent, write: command.append) { _, result in
                switch result {
                case .success(var reader): promise.succeed(reader.reply())
                case .failure(let error): promise.fail(error)
                }
            }
        }
        return promise.futureResult
    }

    /// Writes commands straight into the outbound buffer: the form for the hot path. On the loop only.
    ///
    /// `write` appends exactly `commands` commands, at least one, and must not call back into the client. The completion is
    /// called for each of them, always, and may be called before `submit` returns (when it is refused); where `quiet`, for the last and
    /// for those that fail. `urgent` flushes at the end of this turn even under load.
    package func submit(
        commands: Int = 1, timeout: RedisTimeout = .standard, urgent: Bool = false, quiet: Bool = false,
        write: (inout ByteBuffer) -> Void, completion: @escaping Completion
    ) {
        eventLoop.assertInEventLoop()
        assert(commands > 0, "a submission has at least one command")
        guard !isClosing, queue.admits(commands: commands) else {
            return fail(completion, commands, refusal)
        }
        if !connection.isReady, let error = connection.lastError, error.isWrongSetting {
            connection.start()
            return fail(completion, commands, error)
        }
        let deadline = deadline(timeout)
        if connection.isReady {
            let before = outbound.writerIndex
            write(&outbound)
            queue.sent(
                .init(
                    deadline: deadline, bytes: outbound.writerIndex - before, commands: commands, isQuiet: quiet,
                    completion: completion))
            scheduleFlush(commands: commands, urgent: urgent)
        } else {
            var payload = ByteBuffer()
            write(&payload)
            queue.enqueued(
                .init(
                    deadline: deadline, bytes: payload.readableBytes, commands: commands, isQuiet: quiet,
                    completion: completion),
                payload: payload)
            connection.start()
        }
        watch(deadline)
    }

    /// Closes: new commands are refused with `closed`; those not answered after `grace` fail with `closed`. From any thread.
    @discardableResult
    package func close(grace: TimeAmount = .seconds(1)) -> EventLoopFuture<Void> {
        onLoop { client in
            guard !client.isClosing else { return }
            client.isClosing = true
            if client.queue.isEmpty || grace <= .zero { return client.connection.close() }
            client.eventLoop.assumeIsolated().scheduleTask(in: grace) { client.connection.close() }
        }
        return closed.futureResult
    }

    /// Gives the connection up: what is waiting fails with the error, what is in flight with `connectionLost`. On the loop only.
    func abandon(_ error: RedisError) {
        for entry in queue.removeWaiting() { fail(entry.completion, entry.commands, error) }
        connection.drop(error)
    }

    // MARK: - Inside

    private var refusal: RedisError {
        isClosing
            ? RedisError(.closed, "the Redis client is closed")
            : RedisError(
                .queueFull, "\(queue.pendingCommands) commands with \(queue.pendingBytes) bytes wait for Redis")
    }

    private func onLoop(_ body: @escaping @Sendable (RedisClient) -> Void) {
        if eventLoop.inEventLoop { body(self) } else { eventLoop.execute { body(self) } }
    }

    private func fail(_ completion: Completion, _ commands: Int, from first: Int = 0, _ error: RedisError) {
        for index in first..<commands { completion(index, .failure(error)) }
    }

    private func deadline(_ timeout: RedisTimeout) -> Int64 {
        // While a flush is due, the clock was read in this turn or at most a tick ago.
        if !flushScheduled { turnTime = RedisConnection.now() }
        let amount: Int64
        switch timeout {
        case .none: return .max
        case .standard: amount = configuration.commandTimeout.nanoseconds
        case .after(let time): amount = time.nanoseconds
        }
        let (deadline, overflow) = turnTime.addingReportingOverflow(amount)
        return overflow ? .max : max(deadline, 0)
    }

    private func scheduleFlush(commands: Int, urgent: Bool) {
        if !flushScheduled {
            flushScheduled = true
            switch policy.flushNeeded(now: turnTime) {
            case .at(let time) where !urgent:
                eventLoop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(UInt64(time))) { self.flush() }
            case .at, .endOfTurn: eventLoop.assumeIsolated().execute { self.flush() }
            }
        } else if urgent, policy.isTicking {
            eventLoop.assumeIsolated().execute { self.flush() }
        }
        policy.gathered(commands)
    }

    private func flush() {
        flushScheduled = false
        guard outbound.readableBytes > 0 else { return }
        let bytes = outbound
        outbound = ByteBuffer()
        outbound.reserveCapacity(min(bytes.readableBytes, 256 * 1024))
        connection.write(bytes)
    }

    // MARK: - Deadlines

    /// One timer for the earliest deadline; deadlines mostly grow, so it is rarely moved.
    private func watch(_ deadline: Int64) {
        guard deadline < timerDeadline else { return }
        timerDeadline = deadline
        deadlineTimer?.cancel()
        deadlineTimer = eventLoop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(UInt64(deadline))) {
            self.deadlinePassed()
        }
    }

    private func deadlinePassed() {
        timerDeadline = .max
        let now = RedisConnection.now()
        failExpired(queue.expireWaiting(now: now))
        if queue.isOverdue(now: now) {
            connection.drop(RedisError(.timeout, "Redis did not answer in time"))
        }
        watch(queue.earliestDeadline)
    }

    private func failExpired(_ entries: [CommandQueue<Completion, ByteBuffer>.Entry]) {
        for entry in entries {
            fail(
                entry.completion, entry.commands,
                RedisError(.timeout, "no connection to Redis in time", underlying: connection.lastError))
        }
        closeIfDrained()
    }

    private func closeIfDrained() {
        if isClosing, queue.isEmpty { connection.close() }
    }
}

extension RedisClient: RedisConnectionDelegate {
    func connectionBecameReady() {
        turnTime = RedisConnection.now()
        let expired = queue.expireWaiting(now: turnTime)
        while var payload = queue.sendNext() {
            outbound.writeBuffer(&payload)
        }
        flush()
        // Only now: what is sent from in there comes after what waited.
        failExpired(expired)
    }

    func connectionReplied(_ reply: ReplyReader) {
        if !reply.isError, queue.passReply() { return }
        guard let answer = queue.replied() else {
            return connection.drop(RedisError(.protocolViolation, "a reply to nothing"))
        }
        guard reply.isError else { return answer.completion(answer.index, .success(reply)) }
        var reader = reply
        guard case .error(let error) = reader.reply() else { return }
        // Before the completion, so that what it sends in turn already waits for the next connection.
        if error.isRedis("READONLY") || error.isRedis("LOADING") || error.isRedis("MASTERDOWN") {
            if connection.retire() { flush() }
        }
        answer.completion(answer.index, .failure(error))
    }

    func connectionReadCompleted() {
        if connection.isRetiring, !queue.hasInFlight {
            connection.drop(RedisError(.connectFailed, "this Redis cannot serve now"))
        }
        closeIfDrained()
    }

    func connectionWasLost(_ error: RedisError) {
        outbound.clear()
        let now = RedisConnection.now()
        for entry in queue.connectionLost() {
            let late = error.code == .timeout && entry.deadline <= now
            fail(
                entry.completion, entry.commands, from: entry.answered,
                late
                    ? error
                    : RedisError(
                        .connectionLost, "the connection to Redis broke; the command may have run", underlying: error))
        }
        if error.isWrongSetting {
            for entry in queue.removeWaiting() { fail(entry.completion, entry.commands, error) }
        }
        if queue.hasWaiting { connection.start() }
        closeIfDrained()
    }

    func connectionDidClose() {
        deadlineTimer?.cancel()
        timerDeadline = .min
        outbound.clear()
        for entry in queue.removeAll() {
            fail(
                entry.completion, entry.commands, from: entry.answered,
                RedisError(.closed, "the Redis client was closed"))
        }
        closed.succeed(())
    }
}
