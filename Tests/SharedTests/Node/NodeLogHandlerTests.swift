import Foundation
import Logging
import Synchronization
import Testing

@testable import Shared

@Suite struct NodeLogHandlerTests {
    final class Lines: Sendable {
        let text = Mutex("")
        func logger(_ format: LogFormat, level: Logger.Level = .trace) -> Logger {
            Logger(label: "test") { label in
                NodeLogHandler(
                    label: label, level: level, format: format, now: { Timestamp(microseconds: 0) },
                    output: { line in self.text.withLock { $0 += line } })
            }
        }
        var value: String { text.withLock { $0 } }
    }

    @Test func textLine() {
        let lines = Lines()
        let logger = lines.logger(.text).with([.requestID: "r1"])
        logger.info("stop\nobserved", [.tokens: "3", .stopReason: "too \"long\""])
        #expect(
            lines.value
                == "1970-01-01T00:00:00.000000Z info test: stop observed request.id=r1 stop.reason=\"too \\\"long\\\"\" tokens=3\n"
        )
    }

    @Test func jsonLine() throws {
        let lines = Lines()
        var logger = lines.logger(.json)
        logger[.nodeID] = "n1"
        logger[metadataKey: "level"] = "not mine"
        logger.warning("a\u{1}\"b\"\n", [.tokens: .stringConvertible(3), .error: ["x", ["k": "v"]]])
        #expect(lines.value.filter { $0 == "\n" }.count == 1)
        let record = try #require(
            try JSONSerialization.jsonObject(with: Data(lines.value.utf8)) as? [String: Any])
        #expect(record["time"] as? String == "1970-01-01T00:00:00.000000Z")
        #expect(record["level"] as? String == "warning")
        #expect(record["label"] as? String == "test")
        #expect(record["message"] as? String == "a\u{1}\"b\"\n")
        #expect(record["node.id"] as? String == "n1")
        #expect(record["metadata.level"] as? String == "not mine")
        #expect(record["tokens"] as? Int == 3)
        #expect((record["error"] as? [Any])?.count == 2)
    }

    @Test func nothingIsEvaluatedBelowTheLevel() {
        let lines = Lines()
        let logger = lines.logger(.text, level: .info)
        func expensive() -> Logger.MetadataValue {
            Issue.record("evaluated")
            return ""
        }
        logger.debug("quiet", [.error: expensive()])
        #expect(lines.value.isEmpty)
    }

    @Test func loggersAreValues() {
        let lines = Lines()
        let first = lines.logger(.text)
        var second = first
        second[.queue] = "q"
        first.notice("one")
        #expect(!lines.value.contains("queue"))
        #expect(second[.queue] == "q")
    }
}
