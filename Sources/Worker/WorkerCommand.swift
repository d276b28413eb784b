import ArgumentParser

@main
struct WorkerCommand: AsyncParsableCommand {
    @OptionGroup var options: WorkerOptions
    func run() async throws {}
}
