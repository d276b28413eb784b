import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Asks sentinels which Redis is the master now.
///
/// One after the other, beginning with the last that knew, until one answers with an address; each has `timeout` for it. That
/// address may be out of date while a failover is under way: whoever connects there asks by `ROLE` whether it is a master.
final class RedisMasterLookup: Sendable {
    typealias Master = RedisConfiguration.Sentinel.Node

    private let sentinel: RedisConfiguration.Sentinel
    private let tls: NIOSSLContext?
    private let timeout: TimeAmount
    private let lastGood = Atomic(0)

    init(_ sentinel: RedisConfiguration.Sentinel, tls: NIOSSLContext?, timeout: TimeAmount) {
        self.sentinel = sentinel
        self.tls = tls
        self.timeout = timeout
    }

    /// The master. Fails with `connectFailed`, or `authenticationFailed`, of the last sentinel asked.
    func master(on eventLoop: any EventLoop) -> EventLoopFuture<Master> {
        ask(lastGood.load(ordering: .relaxed), left: sentinel.nodes.count, on: eventLoop)
    }

    private func ask(_ index: Int, left: Int, on eventLoop: any EventLoop) -> EventLoopFuture<Master> {
        let index = index % sentinel.nodes.count
        return ask(sentinel.nodes[index], on: eventLoop).map { master in
            self.lastGood.store(index, ordering: .relaxed)
            return master
        }.flatMapError { error in
            guard left <= 1 else { return self.ask(index + 1, left: left - 1, on: eventLoop) }
            return eventLoop.makeFailedFuture(error)
        }
    }

    private func ask(_ node: Master, on eventLoop: any EventLoop) -> EventLoopFuture<Master> {
        let answer = eventLoop.makePromise(of: Master.self)
        let sentinel = sentinel
        let tls = tls
        let connecting = ClientBootstrap(group: eventLoop).connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: NIOSSLClientHandler.serverName(node.host))
                        )
                    }
                    try channel.pipeline.syncOperations.addHandler(SentinelQueryHandler(sentinel, answer))
                }
            }
            .connect(host: node.host, port: node.port)
        connecting.whenFailure { error in
            answer.fail(
                RedisError(
                    .connectFailed, "the sentinel at \(node.host):\(node.port) cannot be reached", underlying: error))
        }
        let timer = eventLoop.scheduleTask(in: timeout) {
            answer.fail(
                RedisError(.connectFailed, "the sentinel at \(node.host):\(node.port) did not answer in time"))
        }
        answer.futureResult.whenComplete { _ in
            timer.cancel()
            connecting.whenSuccess { $0.close(promise: nil) }
        }
        return answer.futureResult
    }
}

/// Puts the question to one sentinel and reads its answer.
private final class SentinelQueryHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let sentinel: RedisConfiguration.Sentinel
    private let answer: EventLoopPromise<RedisMasterLookup.Master>
    private let parser = ReplyParser()
    private var awaitsAuthentication: Bool

    init(_ sentinel: RedisConfiguration.Sentinel, _ answer: EventLoopPromise<RedisMasterLookup.Master>) {
        self.sentinel = sentinel
        self.answer = answer
        awaitsAuthentication = sentinel.password != nil
    }

    func channelActive(context: ChannelHandlerContext) {
        var bytes = ByteBuffer()
        if let password = sentinel.password {
            let user = sentinel.username.map { [RedisArgument.string($0)] } ?? []
            RedisCommand(arguments: ["AUTH"] + user + [.string(password)]).append(to: &bytes)
        }
        RedisCommand("SENTINEL", "GET-MASTER-ADDR-BY-NAME", .string(sentinel.master)).append(to: &bytes)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try unwrapInboundIn(data).withUnsafeReadableBytes { try parser.feed($0) }
            while var reader = try parser.next() { received(reader.reply()) }
        } catch {
            answer.fail(error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(RedisError(.connectFailed, "a sentinel closed the connection"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(RedisError(.connectFailed, "the connection to a sentinel failed", underlying: error))
    }

    private func received(_ reply: RedisReply) {
        if case .error(let error) = reply {
            let isForeign = awaitsAuthentication || error.isRedis("NOAUTH") || error.isRedis("WRONGPASS")
            return answer.fail(
                isForeign
                    ? RedisError(
                        .authenticationFailed, "a sentinel refuses the user or the password", underlying: error)
                    : RedisError(.connectFailed, "a sentinel refused the question", underlying: error))
        }
        if awaitsAuthentication {
            awaitsAuthentication = false
            return
        }
        guard let host = reply[0]?.string, let port = reply[1]?.integer else {
            return answer.fail(
                RedisError(.connectFailed, "a sentinel does not know the master \(sentinel.master)"))
        }
        answer.succeed(RedisMasterLookup.Master(host: host, port: port))
    }
}
