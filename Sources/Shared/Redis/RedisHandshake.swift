package import NIOCore

/// What is said on each new connection before its first command: who we are, which database, our scripts, and whether Redis
/// is ready to serve.
///
/// In order: `AUTH`, `ROLE` (where sentinels name the server), `SELECT`, `CLIENT SETNAME`, `CLIENT ID`, `SCRIPT LOAD` for each script, `PING`; what is not
/// configured is left out. All are written at once.
package struct RedisHandshake: Sendable {
    package enum Step: Sendable, Equatable {
        case authenticate
        /// Whether it is a master.
        case role
        case select
        case setName
        case clientID
        case loadScript
        case ping
    }

    package let steps: [Step]
    package let bytes: ByteBuffer

    package init(_ configuration: RedisConfiguration, scripts: [RedisScript]) {
        var steps: [Step] = []
        var bytes = ByteBuffer()
        func add(_ step: Step, _ command: RedisCommand) {
            steps.append(step)
            command.append(to: &bytes)
        }
        if let password = configuration.password {
            if let username = configuration.username {
                add(.authenticate, RedisCommand("AUTH", .string(username), .string(password)))
            } else {
                add(.authenticate, RedisCommand("AUTH", .string(password)))
            }
        }
        if case .sentinel = configuration.address { add(.role, RedisCommand("ROLE")) }
        if configuration.database != 0 { add(.select, RedisCommand("SELECT", .integer(configuration.database))) }
        if let name = configuration.clientName { add(.setName, RedisCommand("CLIENT", "SETNAME", .string(name))) }
        add(.clientID, RedisCommand("CLIENT", "ID"))
        for script in scripts { add(.loadScript, RedisCommand("SCRIPT", "LOAD", .string(script.source))) }
        add(.ping, RedisCommand("PING"))
        self.steps = steps
        self.bytes = bytes
    }

    /// What a reply to a step means: nil where the connection may be used, or why it may not.
    ///
    /// A refused password, a missing database, a replica where a master is wanted, or a server that loads its data refuse the
    /// connection. What only makes it less convenient (an ACL that forbids `CLIENT`, `ROLE` or `SCRIPT`) does not, nor does a full
    /// disk, with which Redis answers even to `PING` by `MISCONF`: it still reads, and carries messages.
    package static func refusal(_ step: Step, _ reply: RedisReply) -> RedisError? {
        guard case .error(let error) = reply else {
            guard step == .role, let role = reply[0]?.string, role != "master" else { return nil }
            return RedisError(.connectFailed, "this Redis is no master but a \(role)")
        }
        if unready.contains(where: error.isRedis) { return error }
        let isUnwelcome = error.isRedis("NOAUTH") || error.isRedis("WRONGPASS")
        switch step {
        case .authenticate:
            return RedisError(.authenticationFailed, "Redis refuses the user or the password", underlying: error)
        case .select where !isUnwelcome:
            return RedisError(.invalidConfiguration, "Redis does not let this database be used", underlying: error)
        case .ping where !isUnwelcome:
            return error.isRedis("NOPERM") || error.isRedis("MISCONF") ? nil : error
        case .select, .ping, .role, .setName, .clientID, .loadScript:
            return isUnwelcome ? RedisError(.authenticationFailed, "Redis wants a password", underlying: error) : nil
        }
    }

    private static let unready = ["LOADING", "MASTERDOWN"]
}
