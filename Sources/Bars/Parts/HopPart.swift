import Foundation
import Shared

/// The part **hop**: a PUBLISH until the other connection has read it, one message every 10 ms; or two of them in a row, a relay thread
/// publishing again what it reads. Blocking sockets and nothing else. May run beside a load, on the same Redis.
struct HopPart: Sendable {
    var redis: RedisDoor
    /// 1 or 2.
    var hops = 1
    /// Milliseconds between two messages.
    var interval = 10.0
    var seconds = 3.0

    /// Microseconds of each message.
    func measure() async throws -> Percentiles { try await BlockingWork.run { try run($0) } }

    private func run(_ flag: StopFlag) throws -> Percentiles {
        let channels = (1...hops).map { "penstock-bench:\(UInt32.random(in: 0 ... .max)):\($0)" }
        let (publisher, subscriber) = (try redis.connect(), try Self.subscriber(channels[hops - 1], redis))
        let relay = hops > 1 ? try Relay(from: channels[0], to: channels[1], redis) : nil
        defer { relay?.end() }
        let command = RESP.command(["PUBLISH", channels[0], "x"])
        let message = RESP.command(["message", channels[hops - 1], "x"])
        let reply = Array(":1\r\n".utf8)
        return try BlockingWork.samples(for: seconds, flag) { _ in
            BlockingWork.pause(milliseconds: interval)
            let time = try BlockingWork.microseconds {
                try publisher.send(command)
                try subscriber.expect(message)
            }
            try publisher.expect(reply)
            return time
        }
    }

    fileprivate static func subscriber(_ channel: String, _ redis: RedisDoor) throws -> BlockingSocket {
        let socket = try redis.connect()
        try socket.send(RESP.command(["SUBSCRIBE", channel]))
        try socket.expect(RedisDialogue.confirmation("subscribe", channel))
        return socket
    }
}

/// The thread in the middle of two hops.
private final class Relay: Sendable {
    private let subscriber: BlockingSocket

    init(from channel: String, to next: String, _ redis: RedisDoor) throws {
        let (subscriber, publisher) = (try HopPart.subscriber(channel, redis), try redis.connect())
        let message = RESP.command(["message", channel, "x"])
        let command = RESP.command(["PUBLISH", next, "x"])
        let reply = Array(":1\r\n".utf8)
        self.subscriber = subscriber
        Thread.detachNewThread {
            // Ends when the sockets do.
            while (try? subscriber.expect(message)) != nil, (try? publisher.send(command)) != nil {
                guard (try? publisher.expect(reply)) != nil else { return }
            }
        }
    }

    func end() { subscriber.shutDown() }
}
