import ArgumentParser
import Shared

extension PenstockCommand {
    /// `penstock doctor`: whether Redis is fit, and who is alive.
    struct Doctor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check Redis and the nodes: one line for each check.",
            discussion: "Exit status: 0 nothing is wrong (there may be warnings), 1 something is.")

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let settings = try ClientSettings(options)
            let checks = await Examination.run(settings)
            switch settings.output {
            case .json: Console.standard.line(JSONOutput.text(Examination(checks: checks)))
            case .text:
                for check in checks { Console.standard.line("\(check.verdict.mark) \(check.name): \(check.finding)") }
            }
            if checks.contains(where: { $0.verdict == .fault }) { throw ExitStatus.failure }
        }
    }
}
