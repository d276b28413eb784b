import Shared
import Testing

@Suite("Identifiers and moments")
struct IdentifierTests {
    @Test("a request id is a UUID, kept as written")
    func requestID() {
        let text = "3F2504E0-4f89-41D3-9A0C-0305E82C3301"
        #expect(RequestID(text)?.text == text)
        #expect(RequestID(text)?.message.text == text)
        for bad in [
            "", "abc", "3F2504E0-4f89-41D3-9A0C-0305E82C330", "3F2504E0-4f89-41D3-9A0C-0305E82C33011",
            "3F2504E0x4f89-41D3-9A0C-0305E82C3301", "3F2504E0-4f89-41D3-9A0C-0305E82C330g",
            "{F2504E0-4f89-41D3-9A0C-0305E82C3301",
        ] {
            #expect(RequestID(bad) == nil, "\(bad)")
        }
    }

    @Test("random ids are UUIDs of version 4, and differ")
    func random() {
        let ids = (0..<1000).map { _ in UUIDText.random() }
        #expect(Set(ids).count == 1000)
        #expect(ids.allSatisfy { UUIDText.isValid($0) && Array($0)[14] == "4" && "89ab".contains(Array($0)[19]) })
    }

    @Test("entry ids order by attempt, then index")
    func entryID() {
        #expect(EntryID("12-345") == EntryID(attempt: 12, index: 345))
        #expect(EntryID("18446744073709551615-0")?.attempt == .max)
        for bad in ["", "-", "1", "1-", "-1", "1-2-3", "a-1", "1-+2", " 1-2", "18446744073709551616-0", "1-٣"] {
            #expect(EntryID(bad) == nil, "\(bad)")
        }
        #expect(EntryID(attempt: 1, index: 9) < EntryID(attempt: 2, index: 0))
        #expect(EntryID(attempt: 1, index: 9) < EntryID(attempt: 1, index: 10))
        #expect(EntryID(attempt: 1, index: .max - 1).description == "1-18446744073709551614")
        #expect(EntryID.sealIndex == 281_474_976_710_656, "the number in Scripts/base.lua")
    }

    @Test(
        "moments are ISO 8601 and back",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (1_769_903_999_123_456, "2026-01-31T23:59:59.123456Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (4_102_444_799_000_001, "2099-12-31T23:59:59.000001Z"),
            (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ] as [(Int64, String)])
    func timestamp(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).iso8601 == text)
        #expect(Timestamp(iso8601: text)?.microseconds == microseconds)
    }

    @Test("what is not a moment is refused")
    func badTimestamps() {
        for bad in [
            "", "2026-01-31", "2026-01-31T23:59:59", "2026-13-31T23:59:59Z", "2026-01-31T23:59:59.Z",
            "2026-01-31 23:59:59Z", "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
            "2026-01-31T23:59:59.123456xyZ", "2026-01-31T23:59:59.1234567890Z", "9999-12-31T23:59:60Z",
        ] {
            #expect(Timestamp(iso8601: bad) == nil, "\(bad)")
        }
        #expect(Timestamp(iso8601: "2026-01-31T23:59:59.5Z")?.microseconds == 1_769_903_999_500_000)
        #expect(Timestamp(iso8601: "2026-01-31T23:59:59.123456789Z")?.microseconds == 1_769_903_999_123_456)
    }

    @Test("whatever number a moment is, it can be written")
    func momentsBeyondISO8601() {
        #expect(Timestamp(microseconds: .min).iso8601 == "0000-01-01T00:00:00.000000Z")
        #expect(Timestamp(microseconds: -62_167_219_200_000_001).iso8601 == "0000-01-01T00:00:00.000000Z")
        #expect(Timestamp(microseconds: 253_402_300_800_000_000).iso8601 == "9999-12-31T23:59:59.999999Z")
        #expect(Timestamp(microseconds: .max).iso8601 == "9999-12-31T23:59:59.999999Z")
    }
}
