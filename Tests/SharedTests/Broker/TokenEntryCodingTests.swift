import Testing

@testable import Shared

@Suite struct TokenEntryCodingTests {
    @Test(arguments: ["9223372036854775807", "999999999999999999", "-5", "x"]) func countsOfTokensAreBroughtIntoRange(
        _ count: String
    ) {
        let logged = TokenEntryCoding.entry(id: "1-1", fields: ["c", "text", "n", count])
        if case .chunk(_, let tokens)? = logged?.body { #expect(Usage.range.contains(tokens)) }
        #expect(logged != nil)
        Array("1-1 c \(count) text".utf8).withUnsafeBytes { payload in
            guard case .chunk(_, let tokens)? = TokenEntryCoding.entry(payload: payload)?.body else { return }
            #expect(Usage.range.contains(tokens))
        }
    }

    @Test func momentsThatNoClockShowsAreLeftOut() {
        for text in ["-1", "\(Int64.min)", "\(Int64.max)", "253402300800000000", "soon"] {
            #expect(TokenEntryCoding.timestamp(text) == nil)
        }
        #expect(TokenEntryCoding.timestamp("253402300799999999")?.iso8601 == "9999-12-31T23:59:59.999999Z")
    }
}
