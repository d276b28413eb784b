import FrontendClient
import Shared
import Synchronization

/// A conversation with a frontend as it runs: the state machine, the link, and the console.
///
/// Its calls come from several tasks (lines, Ctrl-C, the link); each is carried out whole, one after the other.
final class Conversation: Sendable {
    private let machine: Mutex<ConversationStateMachine>
    private let link: FrontendLink
    private let console: Console
    private let format: OutputFormat
    /// Called with the end of each answer, and with nil when there will be no connection.
    private let ended: @Sendable (Answer?) -> Void

    init(
        _ settings: ClientSettings, sessionID: SessionID?, console: Console = .standard,
        ended: @escaping @Sendable (Answer?) -> Void
    ) {
        machine = Mutex(ConversationStateMachine(sessionID: sessionID, keepsContent: settings.output == .json))
        link = FrontendLink(settings.url, options: settings.connection)
        format = settings.output
        self.console = console
        self.ended = ended
    }

    /// Keeps the connection, until the task is cancelled or the link gives up.
    func run() async {
        await link.run { [self] event in
            let hasEnded = machine.withLock { machine in
                switch event {
                case .connected: return perform(machine.connected())
                case .received(let event): return perform(machine.received(event))
                case .lost(let reason):
                    machine.disconnected()
                    console.note("penstock: connection lost (\(reason)), connecting again")
                    return nil
                case .gaveUp(let reason):
                    if !machine.isRunning { console.note("penstock: \(reason)") }
                    return perform(machine.gaveUp(reason))
                }
            }
            if let hasEnded { ended(hasEnded) }
            if case .gaveUp = event { ended(nil) }
        }
    }

    func say(_ command: SendCommand, id: RequestID? = nil) {
        machine.withLock { machine in _ = perform(machine.said(command, id: id)) }
    }

    /// Ctrl-C. True where nothing is left to stop: the person wants to leave.
    func interrupt() -> Bool {
        machine.withLock { machine in
            let (interruption, actions) = machine.interrupted()
            _ = perform(actions)
            switch interruption {
            case .leave: return true
            case .stop(.stop): return false
            case .stop(.kill):
                console.note("penstock: killing it; once more to leave")
                return false
            }
        }
    }

    /// Carries actions out, under the lock, so that their order is that of the events. None of them waits for the network.
    private func perform(_ actions: [ConversationStateMachine.Action]) -> Answer? {
        var ended: Answer?
        for action in actions {
            switch action {
            case .transmit(let event): link.post(event)
            case .started(let start): console.note("request \(start.requestID) session \(start.sessionID)")
            case .waits(ahead: 0): console.note("penstock: next in the queue")
            case .waits(let ahead): console.note("penstock: \(ahead) ahead of you")
            case .taken: console.note("penstock: a worker has it")
            case .show(let text): if format == .text { console.write(text) }
            case .restarted:
                if format == .text { console.endLine() }
                console.note("penstock: the answer begins anew; the text before is void")
            case .stopAcknowledged(let outcome): console.note("penstock: \(Self.words(outcome))")
            case .notice(let text): console.note("penstock: \(text)")
            case .ended(let answer):
                show(answer)
                ended = answer
            }
        }
        return ended
    }

    private func show(_ answer: Answer) {
        console.endLine()
        if format == .json { console.line(JSONOutput.text(answer)) }
        switch answer.state {
        case .completed: break
        case .cancelled:
            let by = answer.stop.map { stop in
                " by \(stop.by.rawValue)" + (stop.reason.map { ": \($0)" } ?? "")
            }
            console.note("penstock: stopped\(by ?? ""); what was said is saved as message \(answer.requestID)")
        case .failed:
            let error =
                answer.error.map { error in (error.errorCode.map { "\($0.rawValue): " } ?? "") + error.message }
                ?? "failed"
            console.note("penstock: \(error)")
        }
    }

    private static func words(_ outcome: StopOutcome) -> String {
        switch outcome {
        case .stopped: "stopping"
        case .alreadyStopped: "it was stopped before"
        case .alreadyCompleted: "it had ended"
        case .dequeued: "taken off the queue"
        }
    }
}
