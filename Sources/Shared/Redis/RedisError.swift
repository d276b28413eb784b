/// What the Redis client throws.
///
/// The code says what the caller can do about it, and its description is safe as a metric label: it never holds a key, an
/// id, an address or a password. The message is for people.
package struct RedisError: Error, Sendable {
    package enum Code: Hashable, Sendable {
        /// Redis answered with an error; `kind` is its prefix, for example `NOSCRIPT`. The command did not take effect.
        case redis(kind: String)
        /// The connection broke while the command was under way: it is unknown whether Redis ran it.
        case connectionLost
        /// The deadline passed. If the command had been sent, it is unknown whether Redis ran it.
        case timeout
        /// The bound on waiting commands or bytes is reached. The command was not sent.
        case queueFull
        /// The client is closed or closing. The command was not sent.
        case closed
        /// No connection could be made.
        case connectFailed
        /// Redis does not know the user or the password, or wants one.
        case authenticationFailed
        /// What came is not the Redis protocol, or not what can come here.
        case protocolViolation
        /// A setting is wrong.
        case invalidConfiguration
        /// The bound on subscriptions is reached.
        case tooManySubscriptions
        /// The caller gave up.
        case cancelled
        /// The reply has another shape than the caller asked for.
        case unexpectedReply
    }

    package let code: Code
    package let message: String
    package let underlying: (any Error)?

    package init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// The error in an error reply, `KIND message`. What has no prefix in capitals is of the kind `ERR`.
    ///
    /// Before Redis 7 what a command inside a script failed with was wrapped: `ERR Error running script (…): …: -OOM command …`.
    /// Then the inner kind counts.
    package init(reply: String) {
        if reply.hasPrefix("ERR Error running script"), let inner = Self.innerKind(reply) {
            self.init(.redis(kind: inner), reply)
            return
        }
        let prefix = reply.prefix { $0 != " " }
        let isKind =
            !prefix.isEmpty && prefix.utf8.count <= 32
            && prefix.utf8.allSatisfy { (65...90).contains($0) || $0 == 95 }
        self.init(.redis(kind: isKind ? String(prefix) : "ERR"), reply)
    }

    /// Whether it is not the server that is in trouble but what it was told: nothing comes of waiting.
    package var isWrongSetting: Bool { code == .authenticationFailed || code == .invalidConfiguration }

    private static func innerKind(_ reply: String) -> String? {
        guard let mark = reply.firstRange(of: ": -") else { return nil }
        let kind = reply[mark.upperBound...].prefix { $0 != " " }
        return Code.labelled.contains(String(kind)) ? String(kind) : nil
    }

    /// Whether Redis answered with an error of this kind.
    package func isRedis(_ kind: String) -> Bool {
        code == .redis(kind: kind)
    }
}

extension RedisError.Code: CustomStringConvertible {
    /// A metric label from a closed set: the kinds that Redis itself is known to send, and `redis_other`.
    package var description: String {
        switch self {
        case .redis(let kind): Self.labelled.contains(kind) ? "redis_\(kind.lowercased())" : "redis_other"
        case .connectionLost: "connection_lost"
        case .timeout: "timeout"
        case .queueFull: "queue_full"
        case .closed: "closed"
        case .connectFailed: "connect_failed"
        case .authenticationFailed: "authentication_failed"
        case .protocolViolation: "protocol_violation"
        case .invalidConfiguration: "invalid_configuration"
        case .tooManySubscriptions: "too_many_subscriptions"
        case .cancelled: "cancelled"
        case .unexpectedReply: "unexpected_reply"
        }
    }

    fileprivate static let labelled: Set<String> = [
        "ASK", "BUSY", "BUSYGROUP", "CLUSTERDOWN", "CROSSSLOT", "ERR", "EXECABORT", "LOADING", "MASTERDOWN", "MISCONF",
        "MOVED", "NOAUTH", "NOGROUP", "NOPERM", "NOREPLICAS", "NOSCRIPT", "OOM", "READONLY", "TRYAGAIN", "UNBLOCKED",
        "WRONGPASS", "WRONGTYPE",
    ]
}

extension RedisError: CustomStringConvertible {
    package var description: String {
        if let underlying { "\(code): \(message) (\(underlying))" } else { "\(code): \(message)" }
    }
}
