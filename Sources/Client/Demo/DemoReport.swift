import Shared

/// How the demo went: its JSON object.
struct DemoReport: Sendable, Encodable {
    /// How one part ended.
    struct Part: Sendable, Encodable {
        var name: String
        var requestID: RequestID
        var worker: String?
        var state: String
        var tokens: Int
        /// From the record of the stop to the end of the generator, on Redis's clock.
        var observedAfterMilliseconds: Double?

        enum CodingKeys: String, CodingKey {
            case name, worker, state, tokens
            case requestID = "request_id"
            case observedAfterMilliseconds = "observed_after_ms"
        }

        /// `stopped at 2, 0.6 ms after the stop was recorded; ended: cancelled`.
        var words: String {
            let place = tokens == 0 ? "before the first number" : "at \(tokens - 1)"
            let after =
                observedAfterMilliseconds.map { ", \(DemoReport.text($0)) ms after the stop was recorded" } ?? ""
            return "\(state == "cancelled" ? "stopped" : "ended") \(place)\(after); ended: \(state)"
        }
    }

    var shape: String
    var requestID: RequestID
    /// The chunks, joined.
    var content: String
    var outcome: StopOutcome
    /// From `stopGenerating()` to its acknowledgement, on this host's clock.
    var acknowledgedAfterMilliseconds: Double
    /// From `stopGenerating()` to the ending.
    var endedAfterMilliseconds: Double
    var state: String
    var parts: [Part]
    /// Whether the saved message is what the client received, nothing more and nothing less.
    var isSavedAsReceived: Bool

    enum CodingKeys: String, CodingKey {
        case shape, content, outcome, state, parts
        case requestID = "request_id"
        case acknowledgedAfterMilliseconds = "acknowledged_after_ms"
        case endedAfterMilliseconds = "ended_after_ms"
        case isSavedAsReceived = "saved_as_received"
    }

    /// Milliseconds with one decimal.
    static func text(_ milliseconds: Double) -> String {
        let tenths = Int((milliseconds * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}

extension Duration {
    var milliseconds: Double { self / .milliseconds(1) }
}
