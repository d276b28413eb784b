import Shared

/// An entry of a log as `penstock tail -o json` prints it.
struct LogLine: Encodable {
    var cursor: EntryID
    var type: String
    var worker: String?
    var text: String?
    var tokens: Int?
    var stop: StopIntent?
    var ending: Ending?

    init(_ entry: TokenEntry) {
        cursor = entry.id
        switch entry.body {
        case .attempt(let worker, _):
            type = "attempt"
            self.worker = worker
        case .chunk(let text, let tokens):
            type = "chunk"
            self.text = text
            self.tokens = tokens
        case .restarted: type = "restarted"
        case .sealed(let intent, _):
            type = "sealed"
            stop = intent
        case .ended(let ending, _):
            type = "ended"
            self.ending = ending
        }
    }
}
