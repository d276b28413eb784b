import Shared
import Testing

@Suite("StopSignal")
struct StopSignalTests {
    @Test(
        "what operators publish",
        arguments: [
            ("stop", .bare(.stop, reason: nil)), ("", .bare(.stop, reason: nil)), ("kill", .bare(.kill, reason: nil)),
            ("GPU on fire", .bare(.stop, reason: "GPU on fire")), ("STOP", .bare(.stop, reason: "STOP")),
            ("penstock:nonsense", .bare(.stop, reason: "penstock:nonsense")),
            ("penstock:stop nobody x", .bare(.stop, reason: "penstock:stop nobody x")),
        ] as [(String, StopSignal)])
    func bare(payload: String, expected: StopSignal) {
        #expect(StopSignal(payload: payload) == expected)
    }

    @Test("Penstock's own words, there and back")
    func own() {
        let signals: [StopSignal] = [
            .ended, .recorded(StopIntent(by: .user)),
            .recorded(StopIntent(mode: .kill, by: .operator, reason: "two  words ")),
        ]
        for signal in signals { #expect(StopSignal(payload: signal.payload) == signal) }
    }

    @Test("a reason that begins inside of a character does not hide the words before it")
    func combiningReason() {
        let kill = StopIntent(mode: .kill, by: .user, reason: "\u{301}x")
        #expect(StopSignal(payload: StopSignal.recorded(kill).payload) == .recorded(kill))
    }

    @Test("the reason of our own words is cut, too")
    func longRecordedReason() {
        let reason = String(repeating: "é", count: 400)
        #expect(
            StopSignal(payload: "penstock:stop user \(reason)")
                == .recorded(StopIntent(by: .user, reason: String(repeating: "é", count: 256))))
        // One character of more than 512 bytes.
        let long = "e" + String(repeating: "\u{301}", count: 300)
        #expect(StopSignal(payload: long) == .bare(.stop, reason: nil))
        #expect(StopSignal(payload: "penstock:stop user \(long)") == .recorded(StopIntent(by: .user)))
    }

    @Test("a long reason is cut between characters")
    func longReason() {
        let reason = String(repeating: "é", count: 400)
        guard case .bare(.stop, let cut?) = StopSignal(payload: reason) else {
            Issue.record("not a bare stop")
            return
        }
        #expect(cut.utf8.count == 512)
        #expect(reason.hasPrefix(cut))
    }
}
