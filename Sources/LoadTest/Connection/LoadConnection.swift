import FrontendClient
import NIOCore
import NIOWebSocket
import Shared

/// One WebSocket, from the first byte to the last, in one handler without a pipeline, so that ten thousand cost little and a chunk
/// costs no allocation.
///
/// Bound to the event loop of its channel, as its shard is.
final class LoadConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case connecting
        /// What came of the answer to the upgrade.
        case upgrading(ByteBuffer)
        case open
        case closed
    }

    /// How a slow reader reads.
    private struct Slowness {
        var bytesPerSecond: Int
        var bytesRead = 0
    }

    let client: LoadClient
    let url: Int
    private let shard: LoadShard
    private var state = State.connecting
    private var reader = ServerFrameReader()
    private var context: ChannelHandlerContext?
    private var slowness: Slowness?

    init(client: LoadClient, url: Int, shard: LoadShard) {
        self.client = client
        self.url = url
        self.shard = shard
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        state = .upgrading(ByteBuffer())
        let request = shard.handshake.request(shard.routes[url].dial.url, token: shard.plan.token)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { end(nil) }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end("\(error)") }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = unwrapInboundIn(data)
        slowness?.bytesRead += input.readableBytes
        switch state {
        case .upgrading(var head):
            state = .upgrading(ByteBuffer())
            head.writeBuffer(&input)
            do {
                guard try shard.handshake.accepts(&head) else {
                    state = .upgrading(head)
                    return
                }
            } catch {
                return end(error.description)
            }
            state = .open
            read(head)
        case .open: read(input)
        case .connecting, .closed: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard let slowness else { return }
        self.slowness?.bytesRead = 0
        // Nothing read: the socket was empty, and will say when it is not.
        let pause = Double(max(slowness.bytesRead, 1)) / Double(slowness.bytesPerSecond)
        context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(pause * 1e9))) {
            if self.slowness != nil { self.context?.read() }
        }
    }

    private func read(_ input: ByteBuffer) {
        let now = Moment.now()
        do {
            try reader.read(input) { message, payload in
                switch message {
                case .text: shard.received(payload, on: self, at: now)
                case .ping: write(.pong, ByteBuffer(bytes: payload))
                case .close:
                    var payload = ByteBuffer(bytes: payload)
                    let code = payload.readInteger(as: UInt16.self) ?? 1005
                    end("close code \(code) \(String(buffer: payload))")
                case .binary: shard.measured.violations.note(.protocolBroken, nil, "a binary message")
                case .pong: break
                }
                if case .open = state { return true }
                return false
            }
        } catch {
            shard.measured.violations.note(.protocolBroken, nil, error.description)
            end(error.description)
        }
    }

    // MARK: Writing

    /// Sends a text message.
    func send(_ payload: ByteBuffer) { write(.text, payload) }

    private func write(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
        guard let context, case .open = state else { return }
        var payload = payload
        let length = payload.readableBytes
        var frame = context.channel.allocator.buffer(capacity: length + 14)
        frame.writeInteger(0x80 | UInt8(webSocketOpcode: opcode))
        switch length {
        case ..<126: frame.writeInteger(0x80 | UInt8(length))
        case ..<65_536: frame.writeMultipleIntegers(0x80 | UInt8(126), UInt16(length))
        default: frame.writeMultipleIntegers(0x80 | UInt8(127), UInt64(length))
        }
        let mask = WebSocketMaskingKey.random(using: &shard.random)
        frame.writeBytes(mask)
        payload.webSocketMask(mask)
        frame.writeBuffer(&payload)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    /// Cuts the connection without a goodbye, as a network does. The shard is not told.
    func cut() {
        guard let context else { return }
        state = .closed
        self.context = nil
        context.close(promise: nil)
    }

    private func end(_ reason: String?) {
        if case .closed = state { return }
        cut()
        shard.connectionEnded(self, reason ?? "the connection broke")
    }

    // MARK: Slowness

    /// From now on reads this many bytes a second, through a small window; nil: as they come.
    func readSlowly(_ bytesPerSecond: Int?) {
        guard let context, (bytesPerSecond == nil) != (slowness == nil) else { return }
        slowness = bytesPerSecond.map { Slowness(bytesPerSecond: $0) }
        let isSlow = slowness != nil
        // What the system refuses of this only makes the reader less slow.
        let options = context.channel.syncOptions
        try? options?.setOption(.socketOption(.so_rcvbuf), value: isSlow ? 2048 : 262_144)
        try? options?.setOption(.maxMessagesPerRead, value: UInt(isSlow ? 1 : 4))
        try? options?.setOption(
            .recvAllocator,
            value: isSlow ? FixedSizeRecvByteBufferAllocator(capacity: 1024) : AdaptiveRecvByteBufferAllocator())
        try? options?.setOption(.autoRead, value: !isSlow)
        if isSlow { context.read() }
    }
}
