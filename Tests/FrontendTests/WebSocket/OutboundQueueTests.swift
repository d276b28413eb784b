import Testing

@testable import Frontend

@Suite("OutboundQueue")
struct OutboundQueueTests {
    @Test func pausesAboveTheHighMarkAndGoesOnBelowTheLow() {
        var queue = OutboundQueue(limits: .init(high: 100, low: 40, readPause: 200, stallTimeout: 1000))
        #expect(queue.appended(100, now: 0) == .none)
        #expect(queue.appended(1, now: 0) == .pauseStreams)
        #expect(queue.appended(150, now: 0) == .none)
        #expect(queue.pausesReads)
        #expect(queue.written(100, now: 5) == .none)
        #expect(!queue.pausesReads && queue.isPaused)
        #expect(queue.written(112, now: 6) == .resumeStreams)
        #expect(queue.waiting == 39 && !queue.isPaused)
    }

    @Test func countsTheStallFromTheLastProgress() {
        var queue = OutboundQueue(limits: .init(high: 100, low: 40, readPause: 200, stallTimeout: 1000))
        #expect(queue.stallDeadline == nil)
        _ = queue.appended(10, now: 50)
        _ = queue.appended(10, now: 900)
        #expect(queue.stallDeadline == 1050)
        _ = queue.written(10, now: 1000)
        #expect(queue.stallDeadline == 2000)
        _ = queue.written(10, now: 1500)
        #expect(queue.stallDeadline == nil)
    }
}
