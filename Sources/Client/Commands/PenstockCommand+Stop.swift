import ArgumentParser
import Shared

extension PenstockCommand {
    /// `penstock stop`: end a request, wherever it runs.
    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop a request, wherever it is.",
            discussion: """
                As an operator, through Redis; or, with --url (or PENSTOCK_URL), as its owner through a frontend.

                Exit status: 0 it has ended and its message is saved, 3 the stop is recorded but it has not ended within \
                --wait, 4 there is no such request, 1 the stop could not be recorded.
                """)

        @OptionGroup var options: ClientOptions

        @Flag(help: "End it at once, without draining its engine.")
        var kill = false

        @Option(help: "Why; it is saved with the message.")
        var reason: String?

        @Option(help: "How long to wait for its end (default 5s).")
        var wait = DurationSetting(.seconds(5))

        @Argument(help: "The id of the request (or of the message it writes: they are the same).")
        var requestID: RequestID

        func validate() throws {
            if let reason, reason.utf8.count > StopIntent.maximumReasonBytes {
                throw ValidationError("--reason may have at most \(StopIntent.maximumReasonBytes) bytes")
            }
        }

        func run() async throws {
            let settings = try ClientSettings(options)
            guard let result = try await stop(settings) else {
                if settings.output == .json {
                    Console.standard.line(JSONOutput.text(Unknown(requestID: requestID)))
                }
                Console.standard.note("penstock: there is no request \(requestID)")
                throw ExitStatus.unknown
            }
            switch settings.output {
            case .json: Console.standard.line(JSONOutput.text(result))
            case .text: Console.standard.line(Self.text(result))
            }
            throw result.isSettled ? ExitStatus.success : ExitStatus.pending
        }

        private func stop(_ settings: ClientSettings) async throws -> SettledStop? {
            let mode: StopIntent.Mode = kill ? .kill : .stop
            if settings.isURLGiven {
                return try await FrontendHTTP.with(settings) { frontend in
                    try await frontend.stop(requestID, mode: mode, reason: reason, wait: wait.duration)
                }
            }
            let intent = StopIntent(mode: mode, by: .operator, reason: reason)
            return try await OperatorBroker.with(settings) { broker in
                do {
                    return try await SettledStop.stop(requestID, intent: intent, wait: wait.duration, through: broker)
                } catch let error as BrokerError where error.code == .notFound {
                    return nil
                }
            }
        }

        static func text(_ result: SettledStop) -> String {
            guard result.isSettled else { return "pending: the stop of \(result.requestID) is recorded" }
            let state = result.state?.rawValue ?? result.message?.finishReason ?? "ended"
            let tokens = result.message?.usage.map { ", \($0.outputTokens) tokens" } ?? ""
            let verb =
                switch result.outcome {
                case .alreadyCompleted: "had ended before"
                case .alreadyStopped: "was stopped before"
                case .dequeued: "taken off its queue"
                case .stopped, nil: "stopped"
                }
            return "\(verb): \(result.requestID) is \(state)\(tokens)"
        }

        private struct Unknown: Encodable {
            var requestID: RequestID
            var outcome: String? = nil
            var isSettled = false
            var error = "not_found"

            enum CodingKeys: String, CodingKey {
                case outcome, error
                case requestID = "request_id"
                case isSettled = "settled"
            }
        }
    }
}
