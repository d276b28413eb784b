import ArgumentParser
package import Shared

/// What may be asked for along with the text.
struct AnswerOptions: ParsableArguments {
    @Option(help: "The model to answer.")
    var model: String?

    @Option(
        name: .customLong("param"),
        help: "A parameter for the generator, key=value; the value is read as JSON where it is. Repeatable.")
    var parameters: [String] = []

    @Option(help: "How many numbers the count generator counts: short for --param count=….")
    var count: Int?

    @Option(help: "How long it waits for each: short for --param interval_ms=….")
    var intervalMs: Int?

    @Option(help: "Go on with this conversation.")
    var session: SessionID?

    @Option(
        help: "What becomes of the answer when this client leaves: stop, continue, or a number of seconds of grace.")
    var onDisconnect: DisconnectPolicy?

    func validate() throws {
        for parameter in parameters where Self.parse(parameter) == nil {
            throw ValidationError("--param \(parameter): must be key=value")
        }
        if let count, count < 0 { throw ValidationError("--count must not be negative") }
        if let intervalMs, intervalMs < 0 { throw ValidationError("--interval-ms must not be negative") }
    }

    /// The command that sends `content`.
    func command(_ content: String) -> SendCommand {
        var values = Dictionary(parameters.compactMap(Self.parse), uniquingKeysWith: { $1 })
        if let count { values["count"] = .integer(Int64(count)) }
        if let intervalMs { values["interval_ms"] = .integer(Int64(intervalMs)) }
        return SendCommand(
            sessionID: session, content: content, model: model, parameters: values.isEmpty ? nil : values,
            onDisconnect: onDisconnect)
    }

    private static func parse(_ text: String) -> (String, JSONValue)? {
        guard let mark = text.firstIndex(of: "="), mark > text.startIndex else { return nil }
        let value = String(text[text.index(after: mark)...])
        return (String(text[..<mark]), JSONValue(parsing: value) ?? .string(value))
    }
}

extension SessionID: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension RequestID: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension MessageID: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension EntryID: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension DisconnectPolicy: ExpressibleByArgument {
    package init?(argument: String) {
        switch argument {
        case "stop", "0": self = .stop
        case "continue": self = .continue
        default:
            guard let seconds = Int(argument), (1...Self.maximumGrace).contains(seconds) else { return nil }
            self = .grace(seconds: seconds)
        }
    }
}
