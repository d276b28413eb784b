import ArgumentParser
import Foundation
import Shared
import Synchronization

extension PenstockCommand {
    /// `penstock send`: one message, its answer as it comes.
    struct Send: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a message and print the answer as it comes.",
            discussion: """
                The answer goes to standard output; the ids of the request and of the conversation to standard error. A lost \
                connection is made anew and the answer goes on where it was. Ctrl-C stops the answer, twice kills it, three \
                times leaves. With -o json one object is printed, when the answer has ended.

                Exit status: 0 completed, 2 stopped (by whomever), 1 failed.
                """)

        @OptionGroup var options: ClientOptions
        @OptionGroup var answer: AnswerOptions

        @Option(help: "The id of the request, a UUID; sending the same again joins it (default: a new one).")
        var id: RequestID?

        @Argument(help: "What to say; - reads it from standard input.")
        var text: String

        func run() async throws {
            let settings = try ClientSettings(options)
            let content =
                text == "-" ? String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self) : text
            let result = Mutex<Answer?>(nil)
            let finished = Latch()
            let conversation = Conversation(settings, sessionID: answer.session) { ended in
                if let ended { result.withLock { $0 = ended } }
                finished.open()
            }
            conversation.say(answer.command(content), id: id)
            try await Interrupts.handling {
                if conversation.interrupt() { finished.open() }
            } during: {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await conversation.run() }
                    await finished.wait()
                    group.cancelAll()
                }
            }
            switch result.withLock({ $0 })?.state {
            case .completed: throw ExitStatus.success
            case .cancelled: throw ExitStatus.cancelled
            case .failed, nil: throw ExitStatus.failure
            }
        }
    }
}
