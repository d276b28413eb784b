import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("penstock demo") struct DemoTests {
        @Test(
            "prints 0, 1 and 2, stops, says how every part ended, and exits with 0",
            arguments: [[], ["--middle"], ["--websocket"]])
        func demo(options: [String]) async throws {
            try await PenstockLab.with { lab in
                let demo = try lab.starting(["demo", "--redis-url", lab.redis.url] + options)
                #expect(try await demo.exitStatus(within: .seconds(60)) == 0)
                try expectThreeNumbers(demo, middle: options == ["--middle"])
            }
        }

        @Test("needs nothing that runs already")
        func alone() async throws {
            try await PenstockLab.with { lab in
                // Nobody listens there.
                let nowhere = "redis+unix://\(lab.directory.path)/none.sock"
                let demo = try lab.starting(["demo", "--redis-url", nowhere])
                #expect(try await demo.exitStatus(within: .seconds(60)) == 0)
                try expectThreeNumbers(demo, middle: false)
            }
        }

        private func expectThreeNumbers(_ demo: LabProcess, middle: Bool) throws {
            let lines = demo.output.split(separator: "\n").map(String.init)
            let client = lines.filter { $0.hasPrefix("client: ") }.map { String($0.dropFirst("client: ".count)) }
            #expect(client.filter { Int($0) != nil } == ["0", "1", "2"])
            let stop = try #require(client.firstIndex(of: "stopGenerating()"))
            #expect(client.firstIndex(of: "2").map { $0 < stop } == true)
            #expect(client.last?.hasPrefix(#"ended: cancelled, text "0 1 2 ""#) == true)
            #expect(lines.contains { $0.hasPrefix("backend: stopped at 2") && $0.hasSuffix("ended: cancelled") })
            if middle {
                #expect(lines.contains { $0.hasPrefix("middle: stopped at 2") && $0.hasSuffix("ended: cancelled") })
            }
        }
    }
}
