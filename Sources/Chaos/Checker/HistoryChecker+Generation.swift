import Shared

/// Nobody generates who must not.
extension HistoryChecker {
    /// A generator says nothing after it heard a stop, and soon nothing more after another attempt began, or after the ending was written.
    mutating func checkGeneration(of request: RequestID) {
        let lines = journals[request] ?? []
        let attempts = Dictionary(grouping: lines) { $0.attempt }
        let rest = history.events.last { $0.kind == .settled }?.at
        for (attempt, lines) in attempts.sorted(by: { $0.key < $1.key }) {
            checkOrder(lines, attempt, request)
            guard let spoke = lines.last(where: { $0.event == .token }) else { continue }
            let later = attempts.filter { $0.key > attempt }.values.compactMap { $0.first { $0.event == .started }?.at }
            if let taken = later.min() { check(spoke, after: taken, "attempt \(attempt + 1) began") }
            if let ended = endedAt(request) { check(spoke, after: ended, "the ending was written") }
            if let rest, spoke.at > rest {
                found(.orphan, request, at: spoke.at, "\(spoke.node ?? "a worker") speaks when all is to be at rest")
            }
        }
    }

    private mutating func check(_ spoke: JournalLine, after moment: Int64, _ what: String) {
        guard spoke.at > faults.calm(from: moment, margin: bounds.calm, node: spoke.node) + bounds.reaction else {
            return
        }
        found(
            .orphan, spoke.request, at: spoke.at,
            "\(spoke.node ?? "a worker") speaks in attempt \(spoke.attempt) \((spoke.at - moment) / 1000) ms after \(what)"
        )
    }

    /// One attempt's own lines: it counts on from what it was told, one by one, and ends with the first stop.
    private mutating func checkOrder(_ lines: [JournalLine], _ attempt: UInt64, _ request: RequestID) {
        var next: Int?
        var ended: JournalLine?
        for line in lines {
            switch line.event {
            case .started: next = line.tokens
            case .stop, .ended, .left: ended = ended ?? line
            case .restart: next = 0
            case .lost: break
            case .token:
                if let ended {
                    found(
                        .orphan, request, at: line.at,
                        "\(line.node ?? "a worker") said \"\(line.text ?? "")\" in attempt \(attempt), after \(ended.event.rawValue)"
                    )
                }
                if line.index != next || line.text != next.map({ "\($0) " }) {
                    found(
                        .inexactText, request, at: line.at,
                        "\(line.node ?? "a worker") said \"\(line.text ?? "")\" in attempt \(attempt), where \(next ?? 0) was due"
                    )
                }
                next = line.index.map { $0 + 1 }
            }
        }
    }
}
