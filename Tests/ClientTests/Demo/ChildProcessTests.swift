import Foundation
import Shared
import Synchronization
import TestSupport
import Testing

@testable import Client

@Suite(.timeLimit(.minutes(1))) struct ChildProcessTests {
    @Test func relaysLinesAndEndsItsChildInOrder() async throws {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("child-\(UUIDText.random())").path
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        let lines = Mutex<[String]>([])
        let child = try ChildProcess(
            "/bin/sh", ["-c", "trap 'echo goodbye; exit 0' TERM; echo pid $$; while :; do sleep 0.02; done"],
            scratch: scratch
        ) { line in
            lines.withLock { $0.append(line) }
        }
        try await eventually { lines.withLock { $0.count == 1 } }
        let pid = try #require(lines.withLock { Int32($0[0].dropFirst(4)) })
        #expect(!child.hasExited)
        await child.stop()
        #expect(child.hasExited)
        try await eventually { lines.withLock { $0.last == "goodbye" } }
        #expect(kill(pid, 0) == -1)
        #expect(!FileManager.default.fileExists(atPath: scratch))
    }

    @Test func aChildThatWillNotGoIsKilled() async throws {
        let lines = Mutex<[String]>([])
        let child = try ChildProcess("/bin/sh", ["-c", "trap '' TERM; echo $$; while :; do sleep 0.02; done"]) { line in
            lines.withLock { $0.append(line) }
        }
        try await eventually { lines.withLock { $0.count == 1 } }
        let pid = try #require(lines.withLock { Int32($0[0]) })
        await child.stop(grace: .milliseconds(100))
        try await eventually { kill(pid, 0) == -1 }
    }

    @Test func aChildThatEndsByItselfIsNoticed() async throws {
        let child = try ChildProcess("/bin/sh", ["-c", "exit 3"]) { _ in }
        try await eventually { child.hasExited }
        await child.stop()
    }
}
