import Foundation
import Shared
import Synchronization

/// A process that does not outlive this one, however this one ends.
///
/// It runs under a small shell that reads from a pipe which only this process can write to. When the pipe closes, because
/// `stop()` closed it or because this process is gone, the shell ends its child with SIGTERM, after five seconds with SIGKILL.
final class ChildProcess: Sendable {
    private let process: Process
    private let lifeline: Mutex<FileHandle?>
    private let exited = Latch()

    /// `$1` is a directory to remove at the end, or empty; the rest is the command. The shell keeps no hold on the output, so
    /// that its end tells of the child's.
    private static let keeper = """
        scratch=$1; shift
        "$@" </dev/null & child=$!
        exec >/dev/null 2>&1
        trap 'kill -TERM "$child"' TERM INT HUP
        read -r _
        kill -TERM "$child"
        ( trap 'kill "$nap"' TERM; sleep 5 & nap=$!; wait "$nap" && kill -KILL "$child" ) & timer=$!
        wait "$child"; status=$?
        kill "$timer"
        [ -z "$scratch" ] || rm -rf "$scratch"
        exit "$status"
        """

    /// Starts `executable`. `onLine` is called with each line of its output and of its errors; a long line comes in pieces.
    /// `scratch` is a directory that is removed when it has ended.
    init(
        _ executable: String, _ arguments: [String], scratch: String? = nil,
        onLine: @escaping @Sendable (String) -> Void
    ) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", Self.keeper, "penstock-demo", scratch ?? "", executable] + arguments
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        lifeline = Mutex(input.fileHandleForWriting)
        let exited = exited
        process.terminationHandler = { _ in exited.open() }
        let lines = Mutex(LineSplitter())
        output.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            let complete = lines.withLock { data.isEmpty ? $0.end() : $0.add(data) }
            for line in complete { onLine(line) }
            guard data.isEmpty else { return }
            handle.readabilityHandler = nil
            // The child is gone, by itself or told to: the shell may go too.
            self.cutLifeline()
        }
        try UnblockedSignals.with { try process.run() }
    }

    /// Whether it has ended.
    var hasExited: Bool { exited.isOpen }

    /// Ends it: SIGTERM, and SIGKILL to whatever is left after `grace`. Returns when it is gone.
    func stop(grace: Duration = .seconds(3)) async {
        cutLifeline()
        let isGone = await withTaskGroup(of: Bool.self) { group in
            group.addTask { [exited] in
                await exited.wait()
                return exited.isOpen
            }
            group.addTask {
                try? await Task.sleep(for: grace)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        guard !isGone, !exited.isOpen else { return }
        // The shell leads a process group of its own, in which its child is.
        kill(-process.processIdentifier, SIGKILL)
        kill(process.processIdentifier, SIGKILL)
        await exited.wait()
    }

    private func cutLifeline() {
        let handle = lifeline.withLock { handle in
            defer { handle = nil }
            return handle
        }
        try? handle?.close()
    }
}

/// Cuts output into lines, of at most 8 KB.
private struct LineSplitter {
    private var bytes: [UInt8] = []

    mutating func add(_ data: Data) -> [String] {
        var lines: [String] = []
        for byte in data {
            if byte == UInt8(ascii: "\n") || bytes.count >= 8192 { lines += end() }
            if byte != UInt8(ascii: "\n") { bytes.append(byte) }
        }
        return lines
    }

    mutating func end() -> [String] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes.isEmpty ? [] : [String(decoding: bytes, as: UTF8.self)]
    }
}
