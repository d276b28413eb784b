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

    private func entries(_ payload: String) -> [TokenEntry] {
        var entries: [TokenEntry] = []
        Array(payload.utf8).withUnsafeBytes { bytes in
            TokenEntryCoding.readEntries(payload: bytes) { entries.append($0) }
        }
        return entries
    }

    @Test func chunksThatWereWrittenTogetherAreReadInOrder() {
        func chunk(_ index: UInt64, _ text: String, _ tokens: Int) -> TokenEntry {
            TokenEntry(id: EntryID(attempt: 2, index: index), body: .chunk(text: text, tokens: tokens))
        }
        #expect(entries("2-7 b 3 1 2 a 2 4 é 11 2 1 ") == [chunk(7, "a ", 1), chunk(8, "é 1", 2), chunk(9, "1 ", 1)])
        #expect(entries("2-7 b 2 1 2 a 3 5 é 1 ") == [chunk(7, "a ", 1), chunk(8, "é 1 ", 3)])
        #expect(entries("2-7 c 4 b 2 ") == [chunk(7, "b 2 ", 4)])
    }

    @Test(arguments: [
        "2-7 b 0 ", "2-7 b 2 1 2 a ", "2-7 b 1 1 3 a ", "2-7 b 1 1 2 a  ", "2-7 b 18446744073709551615 1 1 a",
        "281474976710655-1 b 1 1 -1 a", "2-281474976710655 b 2 1 1 a1 1 b", "2-7 b", "2-7 b x 1 1 a",
        "2-7 b 1 1 999999999 a",
    ]) func ofChunksThatAreNotWholeNoneIsRead(_ payload: String) { #expect(entries(payload) == []) }

    @Test func momentsThatNoClockShowsAreLeftOut() {
        for text in ["-1", "\(Int64.min)", "\(Int64.max)", "253402300800000000", "soon"] {
            #expect(TokenEntryCoding.timestamp(text) == nil)
        }
        #expect(TokenEntryCoding.timestamp("253402300799999999")?.iso8601 == "9999-12-31T23:59:59.999999Z")
    }
}
