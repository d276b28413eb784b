import ArgumentParser
import Shared
import Synchronization

extension PenstockCommand {
    /// `penstock chat`: a conversation, line by line.
    struct Chat: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Talk, line by line, in one conversation.",
            discussion: """
                Ctrl-C stops the answer and keeps the connection; at the prompt Ctrl-C or Ctrl-D leaves. A lost connection is \
                made anew and the answer goes on where it was. Lines may also come from a pipe: each is sent when the answer \
                to the one before has ended. With -o json one object per answer is printed, each on a line.
                """)

        @OptionGroup var options: ClientOptions
        @OptionGroup var answer: AnswerOptions

        func run() async throws {
            let settings = try ClientSettings(options)
            let console = Console.standard
            let input = LineInput()
            let left = Latch()
            let isLost = Atomic(false)
            let answered = Mutex<@Sendable () -> Void>({})
            let conversation = Conversation(settings, sessionID: answer.session) { ended in
                guard ended != nil else {
                    isLost.store(true, ordering: .relaxed)
                    return left.open()
                }
                answered.withLock { $0 }()
            }
            let command = answer
            @Sendable func prompt() {
                if console.isInteractive { console.write("> ") }
                input.next { line in
                    guard let line else { return left.open() }
                    if console.isInteractive { console.lineWasTyped() }
                    guard line.contains(where: { !$0.isWhitespace }) else { return prompt() }
                    conversation.say(command.command(line))
                }
            }
            answered.withLock { $0 = prompt }
            try await Interrupts.handling {
                if conversation.interrupt() { left.open() }
            } during: {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await conversation.run() }
                    prompt()
                    await left.wait()
                    group.cancelAll()
                }
            }
            if console.isInteractive { console.endLine() }
            if isLost.load(ordering: .relaxed) { throw ExitStatus.failure }
        }
    }
}
