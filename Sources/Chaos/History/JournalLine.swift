import Shared

/// One line of a worker's journal: see `GenerationJournal` of the worker.
struct JournalLine: Codable, Hashable, Sendable {
    enum Event: String, Codable, Sendable {
        case started, token, restart, stop, lost, ended, left
    }

    var at: Int64
    var worker: String
    var request: RequestID
    var attempt: UInt64
    var event: Event
    var index: Int?
    var tokens: Int?
    var text: String?
    var mode: String?
    var result: String?
    var state: String?
    /// The process as the chaos program calls it; not part of the line.
    var node: String?
}
