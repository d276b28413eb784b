import ArgumentParser

/// `penstock-chaos`: breaks a Penstock of its own in every way it knows, and checks that nothing was lost.
@main struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock-chaos",
        abstract: "Break a Penstock of its own in every way it knows, and check that nothing was lost.",
        discussion: """
            Each round starts a Redis, frontends and workers, lets clients send, stop, leave, resume and read slowly while things \
            break, heals everything, and judges what was seen. See docs/chaos.md.

            Exit status: 0 nothing was found, 1 something was, 2 a round could not be played, 64 wrong usage.
            """,
        subcommands: [Run.self, Check.self], defaultSubcommand: Run.self)
}
