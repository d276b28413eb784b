import ArgumentParser
import Frontend

/// The program `penstock-frontend`. All of it is in the module `Frontend`, so that another program can use what it is made of.
@main enum Program {
    static func main() async { await FrontendCommand.main() }
}
