import Shared

/// What frontends and workers send to Redis for one request, as raw commands: the scripts are those of the broker. Pure.
struct ScriptedRequest: Sendable {
    let id = RequestID.random().text
    /// The stream of jobs it goes through, of nobody else.
    let jobs: String
    /// Of its job in that stream; the first is 1.
    let number: Int

    private static let session = RequestID.random().text
    private static let parent = RequestID.random().text

    var feed: String { "tokens:\(id)" }
    var stops: String { "stop:\(id)" }
    private var log: String { "tokens:{\(id)}" }
    private var keys: [String] { ["request:{\(id)}", log, "message:{\(id)}"] }

    /// About as long as that of a short question.
    var job: String {
        #"{"request_id":"\#(id)","session_id":"\#(Self.session)","owner":"anonymous","content":"hello","#
            + #""parameters":{"count":10,"interval_ms":0},"submitted_at":"2026-01-01T00:00:00.000000Z"}"#
    }

    /// Makes Redis know the scripts, and returns a stream of jobs that nobody else reads.
    static func prepare(_ redis: RedisDoor) throws -> String {
        for script in [RedisScripts.submit, RedisScripts.claim, RedisScripts.stop] {
            _ = try redis.call("SCRIPT", "LOAD", script.source)
        }
        return "jobs:penstock-bench-\(UInt32.random(in: 0 ... .max))"
    }

    /// A frontend accepts it and queues its job.
    var submit: [UInt8] {
        evaluate(
            RedisScripts.submit, keys + [jobs],
            [
                "anonymous", Self.session, "0123456789abcdef0123456789abcdef", "default", Self.parent, "30", "", "",
                id, job, "", RedisKeys.group, "604800",
            ])
    }

    var submitted: [UInt8] { RESP.command(["accepted", "\(number)-0"]).dropFirst(2) + Array(":1\r\n".utf8) }

    /// A worker claims it.
    var claim: [UInt8] { evaluate(RedisScripts.claim, keys, ["\(number)-0", "penstock-bench"]) }

    let claimed = RESP.command(["claimed", "1", ""])

    /// Somebody stops it.
    var stop: [UInt8] { evaluate(RedisScripts.stop, keys, ["", "stop", "user", "", ""]) }

    /// What the worker hears.
    var signal: [UInt8] { RESP.command(["message", stops, "penstock:stop user "]) }

    /// The first token, as an entry of its own.
    var append: [UInt8] {
        RESP.command(["MULTI"]) + RESP.command(["XADD", log, "NOMKSTREAM", "1-1", "c", "0 "])
            + RESP.command(["PUBLISH", feed, "1-1 c 1 0 "]) + RESP.command(["EXEC"])
    }

    /// The end of the answer to `append`.
    let appended = Array("*2\r\n$3\r\n1-1\r\n:".utf8)

    /// Where it is stopped behind that token.
    let stopped = RESP.command(["stopped", "1-1", ""])

    /// The first token where somebody listens.
    var chunk: [UInt8] { RESP.command(["message", feed, "1-1 c 1 0 "]) }

    /// What came before the subscription of its feed.
    var read: [UInt8] { RESP.command(["XRANGE", log, "1-1", "1-1"]) }

    /// The token as `read` brings it.
    static let entry = Array("$3\r\n1-1\r\n*2\r\n$1\r\nc\r\n$2\r\n0 \r\n".utf8)

    /// Nothing is left of it.
    var remove: [UInt8] { RESP.command(["UNLINK"] + keys) }

    static let removed = Array(":3\r\n".utf8)

    private func evaluate(_ script: RedisScript, _ keys: [String], _ arguments: [String]) -> [UInt8] {
        RESP.command(["EVALSHA", script.sha1, "\(keys.count)"] + keys + [feed, stops] + arguments)
    }
}
