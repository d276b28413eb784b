import ArgumentParser
import Shared

extension PenstockCommand {
    /// `penstock ps`: what is queued and running, and who is alive.
    struct Ps: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what is queued and running: where, since when, how many tokens.",
            discussion: """
                Looks into the queues of all live nodes and into those named by --queue. With -o json it prints one object: \
                {"nodes": […], "queues": […], "jobs": […], "truncated": false}.
                """)

        @OptionGroup var options: ClientOptions

        @Option(help: "Look into this queue too, also if no live node serves it. Repeatable.")
        var queue: [String] = []

        @Option(help: "The most jobs to list of each queue (default 1000).")
        var limit = 1000

        func validate() throws {
            guard (1...100_000).contains(limit) else { throw ValidationError("--limit must be between 1 and 100000") }
        }

        func run() async throws {
            let settings = try ClientSettings(options)
            let list = try await OperatorBroker.with(settings) { broker in
                try await ProcessList.read(queues: queue, limit: limit, from: broker)
            }
            switch settings.output {
            case .json: Console.standard.line(JSONOutput.text(list))
            case .text: for line in list.lines(now: .now()) { Console.standard.line(line) }
            }
        }
    }
}
