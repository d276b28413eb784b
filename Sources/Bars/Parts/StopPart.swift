import Shared

/// The part **stop**: a hop whose message is a stop that is durable. EVALSHA of the script that records it, for a request that runs, until the
/// connection of its worker has read the signal; one every 10 ms. What Redis alone takes for it, without a frontend and a worker. Blocking
/// sockets and nothing else. May run beside a load, on the same Redis.
struct StopPart: Sendable {
    var redis: RedisDoor
    /// Milliseconds between two stops.
    var interval = 10.0
    var seconds = 3.0

    /// Microseconds of each stop.
    func measure() async throws -> Percentiles { try await BlockingWork.run { try run($0) } }

    private func run(_ flag: StopFlag) throws -> Percentiles {
        let jobs = try ScriptedRequest.prepare(redis)
        defer { _ = try? redis.call("UNLINK", jobs) }
        var frontend = RedisDialogue(try redis.connect())
        var worker = RedisDialogue(try redis.connect())
        var other = RedisDialogue(try redis.connect())
        return try BlockingWork.samples(for: seconds, flag) { count in
            let request = ScriptedRequest(jobs: jobs, number: count + 1)
            try other.send(request.submit + request.claim + request.append, until: request.appended)
            try worker.subscribe(to: request.stops)
            BlockingWork.pause(milliseconds: interval)
            let time = try BlockingWork.microseconds {
                try frontend.send(request.stop)
                try worker.receive(through: request.signal)
            }
            try frontend.receive(through: request.stopped)
            try worker.unsubscribe(from: request.stops)
            try other.send(request.remove, until: ScriptedRequest.removed)
            return time
        }
    }
}
