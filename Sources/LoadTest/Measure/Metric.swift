/// What is measured. The raw value is its name in limits, JSON and the report.
enum Metric: String, CaseIterable, Sendable {
    /// From when a connection was due to be begun until `connection.ready`.
    case connect
    /// From when a request was due until `message.streaming.start`.
    case accepted
    /// From when a request was due until its first chunk.
    case firstChunk = "ttfc"
    /// Between two chunks of an answer.
    case gap
    /// From when the generator said a token until it was read here.
    case latency
    /// From when a request was due until its natural ending.
    case answer
    /// From when a stop was due until it was acknowledged,
    case stopAcknowledged = "stop.acknowledged"
    /// until the generator had ended (`stop.observed_at`),
    case stopObserved = "stop.observed"
    /// until the last chunk that came (0: none came after the stop),
    case stopLastChunk = "stop.last_chunk"
    /// until the ending, which says that the message is saved.
    case stopSettled = "stop.settled"
    /// Tokens that the generator said after a stop had left and that came here all the same, for each stop.
    case lateTokens = "stop.late_tokens"
    /// From the loss of a connection until an answer goes on at another.
    case resume
    /// How late a timer of this program was: what it adds to all others.
    case clientLag = "client.lag"

    enum Unit: String, Sendable {
        /// Recorded in nanoseconds.
        case time
        case tokens
    }

    var unit: Unit { self == .lateTokens ? .tokens : .time }

    /// For people.
    var title: String {
        switch self {
        case .connect: "Connect"
        case .accepted: "Accepted"
        case .firstChunk: "First chunk"
        case .gap: "Gap between chunks"
        case .latency: "Token, one way"
        case .answer: "Whole answer"
        case .stopAcknowledged: "Stop acknowledged"
        case .stopObserved: "Stop observed"
        case .stopLastChunk: "Stop to last chunk"
        case .stopSettled: "Stop settled"
        case .lateTokens: "Tokens after a stop"
        case .resume: "Resume"
        case .clientLag: "Lag of this client"
        }
    }

    /// The place in a `HistogramSet`.
    var index: Int {
        switch self {
        case .connect: 0
        case .accepted: 1
        case .firstChunk: 2
        case .gap: 3
        case .latency: 4
        case .answer: 5
        case .stopAcknowledged: 6
        case .stopObserved: 7
        case .stopLastChunk: 8
        case .stopSettled: 9
        case .lateTokens: 10
        case .resume: 11
        case .clientLag: 12
        }
    }
}
