package import NIOCore

extension RedisClient {
    /// Runs a script by its SHA-1, and by its source when Redis does not know it. From any thread.
    ///
    /// Order: a script that Redis knows runs in the order of the calls. One that it has to be told runs later, behind
    /// commands sent after it; that takes a `SCRIPT FLUSH` or a script that was not given to the client at its start.
    /// `keys` and `args` reach the script as `KEYS` and `ARGV`.
    package func evaluate(
        _ script: RedisScript, keys: [RedisArgument], args: [RedisArgument] = [], timeout: RedisTimeout = .standard,
        urgent: Bool = false
    ) -> EventLoopFuture<RedisReply> {
        let parameters = [.integer(keys.count)] + keys + args
        return send(
            RedisCommand(arguments: ["EVALSHA", .string(script.sha1)] + parameters), timeout: timeout, urgent: urgent
        )
        .flatMapError { error in
            guard let error = error as? RedisError, error.isRedis("NOSCRIPT") else {
                return self.eventLoop.makeFailedFuture(error)
            }
            return self.send(
                RedisCommand(arguments: ["EVAL", .string(script.source)] + parameters), timeout: timeout, urgent: urgent
            )
        }
    }
}
