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

        /// Which of its jobs.
        struct JobArgument: ParsableArguments {
            @OptionGroup var options: ClientOptions
            @OptionGroup var queue: QueueOption

            @Argument(help: "The id of the dead job, or that of its request.")
            var id: String

            /// Does something with the job that is meant. Says so where there is none.
            func with<Value: Sendable>(
                _ body: @escaping @Sendable (DeadJob, any Broker) async throws -> Value
            ) async throws -> (Value, OutputFormat) {
                let settings = try ClientSettings(options)
                let result = try await OperatorBroker.with(settings) { broker -> Value? in
                    guard let job = try await DeadJobList.find(id, queue: queue.queue, on: broker) else { return nil }
                    return try await body(job, broker)
                }
                guard let result else {
                    Console.standard.note("penstock: there is no dead job \(id) in \(queue.queue)")
                    throw ExitStatus.unknown
                }
                return (result, settings.output)
            }
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

            @OptionGroup var job: JobArgument

            func run() async throws {
                let (replayed, output) = try await job.with { try await DeadJobList.replay($0, on: $1) }
                switch output {
                case .json: Console.standard.line(JSONOutput.text(replayed))
                case .text: Console.standard.line("request \(replayed.requestID) replays \(replayed.replayOf)")
                }
            }
        }

        /// `penstock dead drop`.
        struct Drop: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Forget a dead job.", discussion: "Exit status: 0, or 4 where there is no such dead job.")

            @OptionGroup var job: JobArgument

            func run() async throws {
                // Should another have dropped it in this moment, it is dropped all the same.
                let (_, output) = try await job.with { job, broker in
                    try await broker.dropDeadJob(job.id, queue: job.queue).get()
                }
                if case .json = output { Console.standard.line(#"{"dropped":true}"#) }
            }
        }
    }
}
