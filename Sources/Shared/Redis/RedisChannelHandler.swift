import NIOCore

/// The end of the pipeline: turns what is read into replies for its `RedisConnection`, in order.
///
/// Bound to the loop of its channel. A stream that is not the Redis protocol closes the channel.
///
/// - Note: `@unchecked Sendable` because all of its state is only touched on the loop of its channel.
final class RedisChannelHandler: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let connection: RedisConnection
    private let parser = ReplyParser()
    private var context: ChannelHandlerContext?
    private var failure: (any Error)?

    init(connection: RedisConnection) {
        self.connection = connection
    }

    /// Writes and flushes. Dropped when the channel is gone: its owner hears of that by `channelInactive`.
    func write(_ bytes: ByteBuffer) {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    /// Closes the channel; `channelInactive` follows at once.
    func close(_ error: (any Error)?) {
        if failure == nil { failure = error }
        context?.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { self.context = context }
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        connection.opened(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        do {
            try buffer.withUnsafeReadableBytes { try read($0) }
        } catch {
            close(error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard self.context != nil else { return }
        connection.readCompleted(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        connection.lost(self, failure)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(error)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    private func read(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(ReplyParser.feedSize)
            rest = rest.dropFirst(part.count)
            try parser.feed(UnsafeRawBufferPointer(rebasing: part))
            // A reply may lead to the end of the connection: what follows it is then of no interest to anyone.
            while context != nil, let reply = try parser.next() { connection.replied(self, reply) }
            if context == nil { return }
        }
    }
}
