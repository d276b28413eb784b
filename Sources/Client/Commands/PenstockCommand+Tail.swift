import ArgumentParser
import NIOCore
import Shared

extension PenstockCommand {
    /// `penstock tail`: follow the log of a request.
    struct Tail: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow what a request says, to its end.",
            discussion: """
                Reads the log from its beginning, or behind --from, and follows it. With -o json one object per entry is \
                printed, each on a line.

                Exit status: 0 when it has ended, however; 4 where there is no such request.
                """)

        @OptionGroup var options: ClientOptions

        @Option(help: "Begin behind this cursor, <attempt>-<index>.")
        var from: EntryID?

        @Argument(help: "The id of the request.")
        var requestID: RequestID

        func run() async throws {
            let settings = try ClientSettings(options)
            let isKnown = try await OperatorBroker.with(settings) { broker in
                guard try await broker.request(requestID).get() != nil else { return false }
                for try await entry in TokenStream(broker: broker, request: requestID, after: from ?? .start) {
                    show(entry, settings.output)
                }
                return true
            }
            guard isKnown else {
                Console.standard.note("penstock: there is no request \(requestID)")
                throw ExitStatus.unknown
            }
        }

        private func show(_ entry: TokenEntry, _ format: OutputFormat) {
            let console = Console.standard
            guard format == .text else { return console.line(JSONOutput.text(LogLine(entry))) }
            switch entry.body {
            case .attempt(let worker, _): console.note("penstock: attempt \(entry.id.attempt) on \(worker)")
            case .chunk(let text, _): console.write(text)
            case .restarted:
                console.endLine()
                console.note("penstock: the answer begins anew; the text before is void")
            case .sealed(let intent, _): console.note("penstock: \(intent.mode.rawValue) by \(intent.by.rawValue)")
            case .ended(let ending, _):
                console.endLine()
                console.note("penstock: \(ending.state.rawValue), \(ending.usage.outputTokens) tokens")
            }
        }
    }
}
