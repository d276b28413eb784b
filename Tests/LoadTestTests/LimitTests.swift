import Testing

@testable import LoadTest

@Suite struct LimitTests {
    @Test(arguments: [
        ("ttfc.p99<50ms", Figure.metric(.firstChunk, .percentile(99)), Limit.Comparison.below, 50.0),
        ("stop.settled.p99.9 <= 1.5s", .metric(.stopSettled, .percentile(99.9)), .atMost, 1500),
        ("gap.max<250us", .metric(.gap, .maximum), .below, 0.25),
        ("connect.mean>1ns", .metric(.connect, .mean), .above, 1e-6),
        ("latency.count>=10k", .metric(.latency, .count), .atLeast, 10_000),
        ("stop.late_tokens.p50=0", .metric(.lateTokens, .percentile(50)), .equal, 0), ("errors=0", .errors, .equal, 0),
        ("tokens_per_second>=1M", .rate(.tokens), .atLeast, 1e6), ("late_tokens<5", .count(.lateTokens), .below, 5),
        ("client.cpu_per_chunk<500ns", .cpuPerChunk, .below, 5e-4), ("client.memory<150M", .memory, .below, 150e6),
        ("client.lag.p99<5ms", .metric(.clientLag, .percentile(99)), .below, 5),
    ])
    func itIsRead(_ text: String, _ figure: Figure, _ comparison: Limit.Comparison, _ bound: Double) throws {
        let limit = try Limit(text)
        #expect(limit.figure == figure && limit.comparison == comparison)
        #expect(abs(limit.bound - bound) < bound * 1e-9 + 1e-12)
        #expect(limit.description == text.filter { $0 != " " })
    }

    @Test(arguments: [
        "", "ttfc.p99", "ttfc<50ms", "ttfc.p99<50", "ttfc.p101<1ms", "speed.p99<1ms", "errors<1ms", "ttfc.p99<<1ms",
        "gap.max<ms", "chunks_per_minute>1", "client.memory<1T",
    ])
    func whatIsNoneIsRefused(_ text: String) {
        #expect(throws: Limit.Malformed.self) { try Limit(text) }
    }

    private func verdict(
        _ limits: [String], _ values: [Figure: Double] = [:], violations: ViolationLog = ViolationLog(),
        errors: UInt64 = 0
    ) throws -> Verdict {
        Verdict(limits: try limits.map { try Limit($0) }, violations: violations, errors: errors) { values[$0] }
    }

    @Test func itIsGoodWhereEverythingHolds() throws {
        let values: [Figure: Double] = [.metric(.gap, .maximum): 5, .errors: 0]
        #expect(try verdict([]).isGood)
        #expect(try verdict(["gap.max<6ms", "errors=0"], values).isGood)
        #expect(try !verdict(["gap.max<6ms", "gap.max<5ms"], values).isGood)
    }

    @Test func whatWasNotMeasuredDoesNotHold() throws {
        let verdict = try verdict(["ttfc.p99<1s"])
        #expect(!verdict.isGood && verdict.limits[0].value == nil)
    }

    @Test func errorsAreAllowedOnlyWhereTheyAreLimited() throws {
        #expect(try !verdict([], errors: 1).isGood)
        #expect(try verdict(["errors<2"], [.errors: 1], errors: 1).isGood)
        #expect(try verdict(["lost<=3"], [.count(.lost): 1], errors: 1).isGood)
    }

    @Test func aViolationIsNeverGood() throws {
        var violations = ViolationLog()
        violations.note(.orphan, nil, "left")
        #expect(try !verdict([], violations: violations).isGood)
    }
}
