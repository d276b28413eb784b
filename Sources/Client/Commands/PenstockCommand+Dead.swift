import ArgumentParser
import NIOCore
import Shared

extension PenstockCommand {
    /// `penstock dead`: the jobs that were put away.
    struct Dead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "See, replay and drop the jobs that no worker could bring to an end.",
            discussion: """
                A job that was given to workers more often than --max-deliveries of penstock-worker, because they died over it, \
                is put away and its request ends as failed.
                """,
            subcommands: [List.self, Replay.self, Drop.self], defaultSubcommand: List.self)

        /// Which queue.
        struct QueueOption: ParsableArguments {
            @Option(help: "The queue whose dead jobs are meant.")
            var queue = "default"
        }

        /// `penstock dead ls`.
        struct List: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                commandName: "ls", abstract: "List dead jobs, oldest first.",
                discussion: "With -o json it prints one object: {\"queue\": \"default\", \"dead\": […]}.")

            @OptionGroup var options: ClientOptions
            @OptionGroup var queue: QueueOption

            func run() async throws {
                let settings = try ClientSettings(options)
                let list = try await OperatorBroker.with(settings) { try await DeadJobList.read(queue.queue, from: $0) }
                switch settings.output {
                case .json: Console.standard.line(JSONOutput.text(list))
                case .text: for line in list.lines(now: .now()) { Console.standard.line(line) }
                }
            }
        }

        /// `penstock dead replay`.
        struct Replay: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Submit a dead job anew, and drop it.",
                discussion: """
                    The old request has ended and stays as it is; a new one, with an id of its own, asks the same in the same \
                    conversation, behind the failed answer. Nobody's absence stops it. A replay that is repeated makes no second \
                    request. With -o json it prints one object: {"dead_id": …, "replay_of": …, "request_id": …}.

                    Exit status: 0, 1 where it cannot be read, 4 where there is no such dead job.
                    """)

            @OptionGroup var options: ClientOptions
            @OptionGroup var queue: QueueOption

            @Argument(help: "The id of the dead job, or that of its request.")
            var id: String

            func run() async throws {
                let settings = try ClientSettings(options)
                let replayed = try await OperatorBroker.with(settings) { broker in
                    try await DeadJobList.replay(id, queue: queue.queue, on: broker)
                }
                guard let replayed else {
                    Console.standard.note("penstock: there is no dead job \(id) in \(queue.queue)")
                    throw ExitStatus.unknown
                }
                switch settings.output {
                case .json: Console.standard.line(JSONOutput.text(replayed))
                case .text: Console.standard.line("request \(replayed.requestID) replays \(replayed.replayOf)")
                }
            }
        }

        /// `penstock dead drop`.
        struct Drop: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Forget a dead job.", discussion: "Exit status: 0, or 4 where there is no such dead job.")

            @OptionGroup var options: ClientOptions
            @OptionGroup var queue: QueueOption

            @Argument(help: "The id of the dead job, or that of its request.")
            var id: String

            func run() async throws {
                let settings = try ClientSettings(options)
                let isDropped = try await OperatorBroker.with(settings) { broker in
                    guard let job = try await DeadJobList.find(id, queue: queue.queue, on: broker) else { return false }
                    return try await broker.dropDeadJob(job.id, queue: queue.queue).get()
                }
                guard isDropped else {
                    Console.standard.note("penstock: there is no dead job \(id) in \(queue.queue)")
                    throw ExitStatus.unknown
                }
                if case .json = settings.output { Console.standard.line(#"{"dropped":true}"#) }
            }
        }
    }
}
