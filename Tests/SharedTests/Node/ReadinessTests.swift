import Testing

@testable import Shared

@Suite struct ReadinessTests {
    @Test func isReadyWhenAllConditionsAreMet() {
        let readiness = Readiness([.started, .redis])
        #expect(!readiness.isReady)
        readiness.meet(.redis)
        #expect(!readiness.isReady)
        readiness.meet(.started)
        #expect(readiness.isReady)
        #expect(readiness.obstruct(.redis, because: "no answer for 3 s"))
        #expect(!readiness.obstruct(.redis, because: "no answer for 4 s"))
        #expect(!readiness.isReady)
    }

    @Test func reportsReasonsAsJSON() {
        let readiness = Readiness([.started, .redis])
        readiness.meet(.started)
        readiness.obstruct(.redis, because: "said \"no\"")
        #expect(
            Readiness.json(readiness.report)
                == #"{"ready":false,"conditions":{"started":{"met":true},"redis":{"met":false,"reason":"said \"no\""}}}"#
                + "\n")
    }

    @Test func aConditionMayComeLater() {
        let readiness = Readiness([.started])
        readiness.meet(.started)
        readiness.obstruct(.accepting, because: "draining")
        #expect(!readiness.isReady)
        #expect(readiness.report.map(\.condition) == [.started, .accepting])
    }
}
