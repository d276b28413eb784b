import Foundation
import Shared
import Synchronization

/// The part **first-chunk**: what a frontend and a worker say to Redis until the frontend has the first token of a request, with nothing behind
/// it; one request every 10 ms. The frontend sends `submit`, subscribes to the feed, and reads what came before that; the worker waits
/// for the job, sends `claim` beside the subscription of stops, and appends the token. Two threads with blocking sockets, and
/// nothing of what a frontend or a worker does itself.
struct FirstChunkPart: Sendable {
    var redis: RedisDoor
    /// Milliseconds between two requests.
    var interval = 10.0
    var seconds = 3.0

    /// Microseconds of each request.
    func measure() async throws -> Percentiles { try await BlockingWork.run { try run($0) } }

    private func run(_ flag: StopFlag) throws -> Percentiles {
        let jobs = try ScriptedRequest.prepare(redis)
        defer { _ = try? redis.call("UNLINK", jobs) }
        let worker = try Worker(jobs, redis)
        defer { worker.end() }
        var commands = RedisDialogue(try redis.connect())
        var feed = RedisDialogue(try redis.connect())
        return try BlockingWork.samples(for: seconds, flag) { count in
            let request = ScriptedRequest(jobs: jobs, number: count + 1)
            worker.expect(request)
            BlockingWork.pause(milliseconds: interval)
            let time = try BlockingWork.microseconds {
                try commands.send(request.submit, until: request.submitted)
                try feed.subscribe(to: request.feed)
                try commands.send(request.read)
                if try !commands.receivesEntry() { try feed.receive(through: request.chunk) }
            }
            // It may have come both ways.
            try feed.unsubscribe(from: request.feed)
            try commands.send(request.remove, until: ScriptedRequest.removed)
            return time
        }
    }
}

/// The thread of the worker.
private final class Worker: Sendable {
    private let sockets: [BlockingSocket]
    private let next = Mutex<ScriptedRequest?>(nil)

    init(_ jobs: String, _ redis: RedisDoor) throws {
        let sockets = try (0..<3).map { _ in try redis.connect() }
        self.sockets = sockets
        var queue = RedisDialogue(sockets[0])
        try queue.send(
            RESP.command(["XGROUP", "CREATE", jobs, RedisKeys.group, "0", "MKSTREAM"]), until: Array("+OK\r\n".utf8))
        Thread.detachNewThread {
            // Ends when the sockets do.
            try? self.run(jobs, RedisDialogue(sockets[0]), RedisDialogue(sockets[1]), RedisDialogue(sockets[2]))
        }
    }

    private func run(_ jobs: String, _ queue: RedisDialogue, _ commands: RedisDialogue, _ stops: RedisDialogue) throws {
        var (queue, commands, stops) = (queue, commands, stops)
        let take = RESP.command([
            "XREADGROUP", "GROUP", RedisKeys.group, "penstock-bench", "COUNT", "1", "BLOCK", "0", "STREAMS", jobs, ">",
        ])
        while true {
            try queue.send(take, until: Array("$3\r\njob\r\n".utf8))
            guard let request = next.withLock({ $0 }) else { return }
            try queue.receive(through: Array("\(request.job)\r\n".utf8))
            try commands.send(request.claim)
            try stops.subscribe(to: request.stops)
            try commands.receive(through: request.claimed)
            try commands.send(request.append, until: request.appended)
            try stops.unsubscribe(from: request.stops)
        }
    }

    /// The next one that is submitted.
    func expect(_ request: ScriptedRequest) { next.withLock { $0 = request } }

    func end() { for socket in sockets { socket.shutDown() } }
}
