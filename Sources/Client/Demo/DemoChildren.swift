import Foundation
import Shared
import Synchronization

/// The processes that the demo starts where there is no deployment to use. All end with it.
final class DemoChildren: Sendable {
    private let narrator: DemoNarrator
    private let children = Mutex<[(part: String, process: ChildProcess)]>([])
    /// The latest lines of Redis, which are shown only where it does not start.
    private let redisLines = Mutex<[String]>([])

    /// What could not be started.
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    init(narrator: DemoNarrator) { self.narrator = narrator }

    /// Starts a part. `program` is looked for beside this executable, then in PATH.
    func start(_ part: String, program: String, _ arguments: [String], scratch: String? = nil) throws -> ChildProcess {
        guard let path = Self.find(program) else {
            throw Failed(description: "\(program) is neither beside \(Self.ownPath) nor in PATH")
        }
        let narrator = narrator
        let process = try ChildProcess(path, arguments, scratch: scratch) { [self] line in
            guard part == "redis" else { return narrator.relay(part, line) }
            redisLines.withLock { $0 = $0.suffix(9) + [line] }
        }
        children.withLock { $0.append((part, process)) }
        return process
    }

    /// Asks until `isReady`, for what another process does and does not tell; throws when one of the children has ended, or
    /// after ten seconds.
    func wait(for what: String, _ isReady: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while !(try await isReady()) {
            if let dead = children.withLock({ $0.first { $0.process.hasExited }?.part }) {
                if dead == "redis" { for line in redisLines.withLock({ $0 }) { narrator.relay(dead, line) } }
                throw Failed(description: "\(dead) ended before it was ready")
            }
            guard ContinuousClock.now < deadline else { throw Failed(description: "\(what) is not ready after 10 s") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Ends all, the last started first but for Redis, which the others need to say goodbye.
    func stop() async {
        let children = children.withLock { children in
            defer { children = [] }
            return children
        }
        await withDiscardingTaskGroup { group in
            for child in children where child.part != "redis" { group.addTask { await child.process.stop() } }
        }
        for child in children where child.part == "redis" { await child.process.stop() }
    }

    private static let ownPath: String =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        ?? URL(fileURLWithPath: CommandLine.arguments[0]).path

    private static func find(_ program: String) -> String? {
        let beside = URL(fileURLWithPath: ownPath).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        return ([beside] + path.split(separator: ":").map(String.init))
            .map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
