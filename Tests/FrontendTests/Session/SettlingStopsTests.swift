import Shared
import Testing

@testable import Frontend

@Suite struct SettlingStopsTests {
    private let request = RequestID.random()
    private var stops = SettlingStops()

    @Test mutating func aStopSettlesWithTheEnding() {
        stops.arrived(request, now: 100)
        #expect(stops.recorded(request, .stopped, streams: true) == nil)
        #expect(stops.ended(request, now: 350) == .init(outcome: .stopped, time: 250))
        #expect(stops.isEmpty)
        #expect(stops.ended(request, now: 400) == nil)
    }

    @Test mutating func theEndingMayBeFaster() {
        stops.arrived(request, now: 100)
        #expect(stops.ended(request, now: 300) == nil)
        #expect(stops.recorded(request, .dequeued, streams: false) == .init(outcome: .dequeued, time: 200))
        #expect(stops.isEmpty)
    }

    @Test mutating func ofSeveralStopsTheFirstCounts() {
        stops.arrived(request, now: 100)
        stops.arrived(request, now: 200)
        #expect(stops.recorded(request, .stopped, streams: true) == nil)
        #expect(stops.recorded(request, .alreadyStopped, streams: true) == nil)
        #expect(stops.ended(request, now: 350) == .init(outcome: .stopped, time: 250))
        #expect(stops.isEmpty)
    }

    @Test mutating func whatDoesNotStreamHereSettlesElsewhere() {
        stops.arrived(request, now: 100)
        #expect(stops.recorded(request, .alreadyCompleted, streams: false) == nil)
        #expect(stops.isEmpty)
    }

    @Test mutating func aRefusedStopIsForgotten() {
        stops.arrived(request, now: 100)
        stops.forget(request)
        #expect(stops.isEmpty)
        #expect(stops.recorded(request, .stopped, streams: true) == nil)
        #expect(stops.ended(request, now: 200) == nil)
        #expect(stops.isEmpty)
    }

    @Test mutating func anEndingWithoutAStopIsNone() {
        #expect(stops.ended(request, now: 200) == nil)
        #expect(stops.isEmpty)
    }
}
