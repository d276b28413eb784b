import ArgumentParser
import FrontendClient
import Shared
import Testing

@testable import LoadTest

@Suite struct LoadPlanTests {
    private func plan(_ arguments: String...) throws -> LoadPlan { try LoadPlan(LoadTestOptions.parse(arguments)) }

    @Test func theDefaults() throws {
        let open = try plan("--rate", "50")
        #expect(open.load == .open(rate: 50, arrivals: .poisson))
        #expect(open.urls.map(\.description) == ["ws://127.0.0.1:8080/ws"])
        #expect(open.connections == 100 && open.streamsPerConnection == 1 && open.timestamps)
        #expect(open.total == .seconds(12) && open.limits.isEmpty && open.mix.readRate == 1)
        let closed = try plan("--concurrency", "1000", "--streams", "16")
        #expect(closed.load == .closed(concurrency: 1000) && closed.connections == 63)
    }

    @Test func everythingIsRead() throws {
        let plan = try plan(
            "--url", "ws://a:1", "--url", "ws://b:2", "--rate", "2.5", "--arrivals", "constant", "--ramp", "3s",
            "--warm-up",
            "0", "--duration", "500ms", "--tokens", "lognormal:200,0.5", "--token-rate", "max", "--stop-rate", "0.25",
            "--stop-delay", "uniform:0.1,2", "--abandon-rate", "0.75", "--no-timestamps", "--limit", "ttfc.p99<50ms",
            "--limit", "errors=0", "--seed", "42")
        #expect(plan.urls.map(\.description) == ["ws://a:1/ws", "ws://b:2/ws"])
        #expect(plan.load == .open(rate: 2.5, arrivals: .constant) && plan.total == .milliseconds(3500))
        #expect(plan.tokenRate == nil && !plan.timestamps && plan.seed == 42)
        #expect(
            plan.mix.stopDelay?.shape == .uniform(0.1, 2)
                && plan.limits.map(\.description) == ["ttfc.p99<50ms", "errors=0"])
        #expect(plan.shown["token-rate"] == "max" && plan.shown["rate"] == "2.5")
    }

    @Test(arguments: [
        [], ["--rate", "5", "--concurrency", "5"], ["--rate", "0"], ["--rate", "x"], ["--concurrency", "0"],
        ["--rate", "1", "--url", "http//x"], ["--rate", "1", "--tokens", "many"],
        ["--rate", "1", "--stop-rate", "1.5"],
        ["--rate", "1", "--stop-rate", "0.6", "--resume-rate", "0.6"], ["--rate", "1", "--limit", "p99<1"],
        ["--concurrency", "10", "--connections", "2", "--streams", "4"], ["--rate", "1", "--duration", "0"],
    ])
    func whatCannotBeIsRefused(_ arguments: [String]) {
        #expect(throws: ValidationError.self) { try LoadPlan(LoadTestOptions.parse(arguments)) }
    }

    @Test func aTimelineHasEverySecondAndEveryBoundary() throws {
        let plan = try plan("--rate", "1", "--ramp", "1.5s", "--warm-up", "1s", "--duration", "2s")
        let ticks = LoadTimeline(plan).ticks
        #expect(ticks.map(\.at) == [1, 1.5, 2, 2.5, 3, 4, 4.5])
        #expect(ticks.map(\.phase) == [.ramp, .ramp, .warmUp, .warmUp, .load, .load, .load])
    }
}
