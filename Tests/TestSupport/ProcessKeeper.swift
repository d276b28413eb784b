package import Foundation
private import Shared
private import Synchronization

/// Sees to it that no process of a test outlives the test runner, however that ends.
///
/// A small shell reads from a pipe whose other end only the runner holds. When the pipe closes it kills the groups of
/// processes that were entrusted to it and not taken back.
package final class ProcessKeeper: Sendable {
    package static let shared = ProcessKeeper()

    private let pipe: Mutex<FileHandle?>

    private static let script = """
        kept=
        while read -r sign group; do
            kept=$(for one in $kept; do [ "$one" = "$group" ] || echo "$one"; done)
            [ "$sign" = - ] || kept="$kept $group"
        done
        for one in $kept; do kill -s KILL -- "-$one" 2>/dev/null; done
        """

    private init() {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", Self.script]
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        pipe = Mutex((try? process.start()).map { input.fileHandleForWriting })
    }

    /// Kills the group that `process` leads when the runner is gone.
    package func entrust(_ process: Process) { write("+ \(process.processIdentifier)\n") }

    /// `process` has ended.
    package func takeBack(_ process: Process) { write("- \(process.processIdentifier)\n") }

    private func write(_ line: String) {
        pipe.withLock { try? $0?.write(contentsOf: Data(line.utf8)) }
    }
}
