import NIOCore

/// Writes frames to the connections of one event loop, and flushes each.
///
/// `@unchecked Sendable`: everything but `eventLoop` is touched on that loop alone.
final class FrameWriter: @unchecked Sendable {
    private let eventLoop: any EventLoop
    private let pace: FramePart.Pace
    private let header: [UInt8]
    private let payload: [UInt8]
    private var channels: [any Channel] = []
    private var written = 0
    private var began = NIODeadline.now()
    private var due = 0
    private var timer: RepeatedTask?
    private var isRunning = false

    init(payloadBytes: Int, pace: FramePart.Pace, on eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.pace = pace
        header = Self.header(of: payloadBytes)
        payload = [UInt8](repeating: UInt8(ascii: "x"), count: payloadBytes)
    }

    /// That of an unmasked, final text frame. Pure.
    static func header(of length: Int) -> [UInt8] {
        func bytes(_ count: Int) -> [UInt8] {
            (0..<count).reversed().map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
        }
        switch length {
        case ..<126: return [0x81, UInt8(length)]
        case ..<65_536: return [0x81, 126] + bytes(2)
        default: return [0x81, 127] + bytes(8)
        }
    }

    var count: EventLoopFuture<Int> { eventLoop.submit { self.channels.count } }

    /// Frames written so far.
    var frames: EventLoopFuture<Int> { eventLoop.submit { self.written } }

    /// On the loop of the channel.
    func add(_ channel: any Channel) throws {
        channels.append(channel)
        guard case .saturated = pace else { return }
        try channel.pipeline.syncOperations.addHandler(Refill(self))
    }

    func start() -> EventLoopFuture<Void> {
        eventLoop.submit {
            self.isRunning = true
            self.began = .now()
            switch self.pace {
            case .every(let milliseconds):
                // The connections due in a millisecond share a turn of the loop, as a timer for each would cost more than its frame.
                self.timer = self.eventLoop.scheduleRepeatedTask(
                    initialDelay: .milliseconds(1), delay: .milliseconds(1)
                ) { _ in self.tick(milliseconds) }
            case .saturated: for channel in self.channels { self.fill(channel) }
            }
        }
    }

    func stop() -> EventLoopFuture<Void> {
        eventLoop.submit {
            self.isRunning = false
            self.timer?.cancel()
        }
    }

    private func tick(_ milliseconds: Double) {
        guard !channels.isEmpty else { return }
        let passed = Double((NIODeadline.now() - began).nanoseconds) / 1e6
        let upTo = Int(passed / milliseconds * Double(channels.count))
        while due < upTo {
            write(to: channels[due % channels.count])
            due += 1
        }
    }

    /// Writes until the connection takes no more.
    fileprivate func fill(_ channel: any Channel) {
        guard isRunning else { return }
        // A bounded number in a turn, that others have theirs.
        for _ in 0..<16 {
            guard channel.isWritable else { return }
            write(to: channel)
        }
        eventLoop.execute { self.fill(channel) }
    }

    private func write(to channel: any Channel) {
        var frame = channel.allocator.buffer(capacity: header.count + payload.count)
        frame.writeBytes(header)
        frame.writeBytes(payload)
        channel.writeAndFlush(frame, promise: nil)
        written += 1
    }
}

/// Goes on when a connection takes more again.
private final class Refill: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let writer: FrameWriter

    init(_ writer: FrameWriter) { self.writer = writer }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { writer.fill(context.channel) }
    }
}
