/// Something that must not be.
struct Violation: Hashable, Sendable {
    /// What was checked. The raw value is its name in JSON.
    enum Check: String, CaseIterable, Sendable {
        case chunkMissing = "chunk_missing"
        case chunkRepeated = "chunk_repeated"
        case textWrong = "text_wrong"
        case chunkAfterAcknowledgement = "chunk_after_acknowledgement"
        case afterEnding = "after_ending"
        case endingMissing = "ending_missing"
        case endingWrong = "ending_wrong"
        case stopUnacknowledged = "stop_unacknowledged"
        case stopNotCarriedOut = "stop_not_carried_out"
        case savedDiffers = "saved_differs"
        case orphan
        case loadNotOffered = "load_not_offered"
        case protocolBroken = "protocol_broken"

        /// What must hold.
        var rule: String {
            switch self {
            case .chunkMissing: "no chunk is missing"
            case .chunkRepeated: "no chunk comes twice"
            case .textWrong: "the text is what the generator said"
            case .chunkAfterAcknowledgement: "no chunk comes after the acknowledgement of a stop"
            case .afterEnding: "each answer ends once, and nothing comes after its ending"
            case .endingMissing: "each answer ends"
            case .endingWrong: "each ending fits the answer"
            case .stopUnacknowledged: "each stop is acknowledged in time"
            case .stopNotCarriedOut: "a stop that was acknowledged ends its answer in time, as cancelled"
            case .savedDiffers: "the saved message is what was received"
            case .orphan: "no generation is left behind"
            case .loadNotOffered: "the load was offered as it was asked for"
            case .protocolBroken: "what frontends say is of the protocol"
            }
        }
    }

    var check: Check
    var requestID: String?
    var detail: String
}

/// The violations of a run: all counted, the first of each kind kept.
struct ViolationLog: Hashable, Sendable {
    private static let examplesKept = 5

    private(set) var counts: [Violation.Check: UInt64] = [:]
    private(set) var examples: [Violation] = []

    var total: UInt64 { counts.values.reduce(0, +) }

    mutating func note(_ check: Violation.Check, _ requestID: String?, _ detail: @autoclosure () -> String) {
        counts[check, default: 0] += 1
        keep(check) { Violation(check: check, requestID: requestID, detail: detail()) }
    }

    mutating func add(_ other: ViolationLog) {
        counts.merge(other.counts, uniquingKeysWith: +)
        for example in other.examples { keep(example.check) { example } }
    }

    private mutating func keep(_ check: Violation.Check, _ example: () -> Violation) {
        guard examples.count(where: { $0.check == check }) < Self.examplesKept else { return }
        examples.append(example())
    }
}
