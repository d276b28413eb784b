import ArgumentParser

/// `penstock`: the client and the operator's command.
@main struct PenstockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock",
        abstract: "Talk to Penstock, and see and stop what it generates.",
        discussion: """
            chat and send are clients: they talk to a frontend (--url). ps, show, tail, stop, dead, doctor and the demo are the \
            operator's: they talk to Redis (--redis-url).

            Every flag has a twin in the environment: --redis-url is PENSTOCK_REDIS_URL.

            Exit status: 0 done, 1 failed, 2 the answer was stopped, 3 a stop is recorded and pending, 4 no such request or \
            message, 64 wrong usage.
            """,
        subcommands: [
            Chat.self, Send.self, Stop.self, Ps.self, Show.self, Tail.self, Dead.self, Demo.self, Doctor.self,
        ])
}
