import ArgumentParser
import Worker

/// The program `penstock-worker`. All of it is in the module `Worker`, so that another program can use what it is made of.
@main enum Program {
    static func main() async { await WorkerCommand.main() }
}
