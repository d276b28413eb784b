package import NIOCore

/// What is said on each new connection before its first command: who we are, which database, our scripts, and whether Redis
/// is ready to serve.
///
/// In order: `AUTH`, `SELECT`, `CLIENT SETNAME`, `CLIENT ID`, `SCRIPT LOAD` for each script, `PING`; what is not
/// configured is left out. All are written at once.
package struct RedisHandshake: Sendable {
    package enum Step: Sendable, Equatable {
        case authenticate
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
        if configuration.database != 0 { add(.select, RedisCommand("SELECT", .integer(configuration.database))) }
        if let name = configuration.clientName { add(.setName, RedisCommand("CLIENT", "SETNAME", .string(name))) }
        add(.clientID, RedisCommand("CLIENT", "ID"))
        for script in scripts { add(.loadScript, RedisCommand("SCRIPT", "LOAD", .string(script.source))) }
        add(.ping, RedisCommand("PING"))
        self.steps = steps
        self.bytes = bytes
    }

    /// What an error reply to a step means. A refused password, a missing database or a server that loads its data refuse the
    /// connection; what only makes it less convenient (an ACL that forbids `CLIENT` or `SCRIPT`) does not.
    package static func verdict(_ step: Step, _ error: RedisError) -> RedisConnectionStateMachine.Verdict {
        if unready.contains(where: error.isRedis) { return .refused }
        switch step {
        case .authenticate, .select: return .refused
        case .setName, .clientID, .loadScript: return .good
        case .ping: return error.isRedis("NOPERM") ? .good : .refused
        }
    }

    private static let unready = ["LOADING", "MASTERDOWN", "NOAUTH"]
}
