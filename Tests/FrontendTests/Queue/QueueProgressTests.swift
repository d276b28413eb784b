import NIOCore
import Testing

@testable import Frontend

@Suite("QueueProgress") struct QueueProgressTests {
    @Test func oneAsksInEachPeriod() {
        let progress = QueueProgress(period: .milliseconds(900))
        let start = NIODeadline.uptimeNanoseconds(5)
        #expect(progress.asks(now: start))
        #expect(!progress.asks(now: start) && !progress.asks(now: start + .milliseconds(899)))
        #expect(progress.lastTaken == nil)
        progress.answered(7)
        #expect(progress.lastTaken == 7)
        #expect(progress.asks(now: start + .seconds(1)))
        #expect(!progress.asks(now: start + .milliseconds(1800)))
    }
}
