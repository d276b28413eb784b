import Synchronization
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

    @Test func tellsOfChangesOnly() {
        let readiness = Readiness([.redis])
        let changes = Mutex(0)
        readiness.onChange { changes.withLock { $0 += 1 } }
        #expect(!readiness.isMet(.redis) && readiness.isMet(.control))
        readiness.obstruct(.redis, because: "no answer for 3 s")
        #expect(changes.withLock { $0 } == 0)
        readiness.meet(.redis)
        readiness.meet(.redis)
        #expect(changes.withLock { $0 } == 1 && readiness.isMet(.redis))
        readiness.obstruct(.control, because: "three beats did not come back")
        #expect(changes.withLock { $0 } == 2 && !readiness.isMet(.control))
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
