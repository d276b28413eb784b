import Testing

@testable import Frontend

@Suite("OwnerRates") struct OwnerRatesTests {
    private static let second: Int64 = 1_000_000_000

    @Test func ownersAreToldApart() {
        let rates = OwnerRates(limit: .init(.init(perSecond: 1), burst: 2))
        #expect(rates.take("a", now: 0) == nil && rates.take("a", now: 0) == nil)
        #expect(rates.take("a", now: 0) == Self.second)
        #expect(rates.take("b", now: 0) == nil)
        #expect(rates.take("a", now: Self.second) == nil)
    }

    @Test func whoeverHasNotSentForAWhileIsForgotten() {
        let rates = OwnerRates(limit: .init(.init(perSecond: 1), burst: 1))
        for owner in 0..<1023 { _ = rates.take("\(owner)", now: 0) }
        _ = rates.take("busy", now: 10 * Self.second)
        #expect(rates.count == 1024)
        #expect(rates.take("new", now: 10 * Self.second) == nil)
        #expect(rates.count == 2)
        #expect(rates.take("busy", now: 10 * Self.second) == Self.second)
    }
}
