import ArgumentParser
import NIOCore
import Shared

extension PenstockCommand {
    /// `penstock show`: a saved message.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a message: what is saved, or what a running request has said so far.",
            discussion: """
                Through Redis; or, with --url (or PENSTOCK_URL), as its owner through a frontend. The first line says what is \
                known of it, the text follows after an empty line; with -o json both are one object.

                Exit status: 0, or 4 where there is no such message.
                """)

        @OptionGroup var options: ClientOptions

        @Argument(help: "The id of the message; of an answer it is the id of its request.")
        var messageID: MessageID

        func run() async throws {
            let settings = try ClientSettings(options)
            let found =
                settings.isURLGiven
                ? try await FrontendHTTP.with(settings) { try await $0.message(messageID) }
                : try await OperatorBroker.with(settings) { try await $0.message(messageID).get() }
            guard let message = found else {
                Console.standard.note("penstock: there is no message \(messageID)")
                throw ExitStatus.unknown
            }
            switch settings.output {
            case .json: Console.standard.line(JSONOutput.text(message))
            case .text:
                Console.standard.line(Self.summary(message))
                Console.standard.line("")
                Console.standard.write(message.content)
                Console.standard.endLine()
            }
        }

        static func summary(_ message: MessageRecord) -> String {
            var parts = ["\(message.role) message \(message.messageID)", "session \(message.sessionID)"]
            if message.isComplete {
                parts.append("complete")
            } else {
                parts.append(message.finishReason.map { "incomplete (\($0))" } ?? "not ended yet")
            }
            if let usage = message.usage { parts.append("\(usage.outputTokens) tokens") }
            if let stop = message.stop {
                parts.append(
                    "\(stop.mode == .kill ? "killed" : "stopped") by \(stop.by.rawValue)"
                        + (stop.reason.map { ": \($0)" } ?? ""))
            }
            if let error = message.error { parts.append("\(error.code.rawValue): \(error.message)") }
            return parts.joined(separator: ", ")
        }
    }
}
