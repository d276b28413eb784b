package import Foundation

/// Where the programs under test are: beside whoever tries them, built with it.
package enum Programs {
    private static let folder: URL = {
        let runner =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            ?? CommandLine.arguments[0]
        return URL(filePath: runner).deletingLastPathComponent()
    }()

    package static let frontend = folder.appending(path: "penstock-frontend")
    package static let worker = folder.appending(path: "penstock-worker")
    package static let penstock = folder.appending(path: "penstock")
    package static let loadTest = folder.appending(path: "penstock-loadtest")
    package static let benchmarks = folder.appending(path: "penstock-bench")

    /// A program of the system. Throws, and so fails the test, where it is missing.
    package static func find(_ name: String) throws -> URL {
        guard !name.contains("/") else { return URL(filePath: name) }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in path.split(separator: ":") {
            let file = "\(folder)/\(name)"
            if FileManager.default.isExecutableFile(atPath: file) { return URL(filePath: file) }
        }
        throw LabFailure(description: "\(name) is not in PATH")
    }
}

/// The lab itself could not do what a test needs.
package struct LabFailure: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}
