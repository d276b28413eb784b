import Foundation
import Shared
import Synchronization

/// Takes down what clients and faults do, in memory and in a file, in the order of the calls.
final class HistoryWriter: Sendable {
    private struct State {
        var events: [HistoryEvent] = []
        var file: FileHandle
        let encoder = JSONEncoder()
        /// What clients have seen of each request, for those who wait for something.
        var progress: [RequestID: Progress] = [:]
    }

    /// How far a request has come, as its clients saw it.
    struct Progress: Sendable {
        var tokens = 0
        var isStarted = false
        var isAcknowledged = false
        var hasEnded = false
        var attempt: UInt64 = 0
        /// Tokens seen since the present attempt began.
        var tokensOfAttempt = 0
    }

    private let state: Mutex<State>

    /// Writes to `history.jsonl` in `directory`.
    init(directory: URL) throws {
        let file = directory.appending(path: History.File.events)
        try Data().write(to: file)
        state = Mutex(State(file: try FileHandle(forWritingTo: file)))
    }

    var events: [HistoryEvent] { state.withLock { $0.events } }

    func progress(of request: RequestID) -> Progress { state.withLock { $0.progress[request] ?? Progress() } }

    /// Notes an event that happens now.
    func note(_ kind: HistoryEvent.Kind, by actor: String, _ fill: (inout HistoryEvent) -> Void = { _ in }) {
        state.withLock { state in
            var event = HistoryEvent(at: Timestamp.now().microseconds, kind, by: actor)
            fill(&event)
            state.events.append(event)
            if let request = event.request { state.progress[request, default: Progress()].saw(event) }
            guard var line = try? state.encoder.encode(event) else { return }
            line.append(UInt8(ascii: "\n"))
            try? state.file.write(contentsOf: line)
        }
    }
}

extension HistoryWriter.Progress {
    fileprivate mutating func saw(_ event: HistoryEvent) {
        switch event.kind {
        case .started: isStarted = true
        case .stopAcknowledged: isAcknowledged = true
        case .completed, .errored: hasEnded = true
        case .chunk:
            let count = event.text?.split(separator: " ").count ?? 0
            tokens += count
            guard let cursor = event.cursor else { return }
            if cursor.attempt > attempt {
                attempt = cursor.attempt
                tokensOfAttempt = 0
            }
            tokensOfAttempt += count
        case .connected, .closed, .connectFailed, .sent, .resumeSent, .stopSent, .restart, .stopRefused, .refused,
            .abandoned, .readsSlowly, .readsAgain, .faultBegan, .faultEnded, .faultSkipped, .crashed, .healed, .settled,
            .ended:
            break
        }
    }
}
