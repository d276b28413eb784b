/// The explicit id of an entry of a token log, `<attempt>-<index>`: fence, order, duplicate filter and resume cursor in one.
///
/// Redis refuses an entry whose id is not greater than the last one, so a worker that lost its claim (a lower attempt) or
/// whose log was sealed by a stop (a lower index) cannot write.
package struct EntryID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The claim that wrote the entry: 1 for the first.
    package var attempt: UInt64
    /// The place within the attempt: 0 its opening marker, then 1, 2, … one per chunk or restart.
    package var index: UInt64

    package init(attempt: UInt64, index: UInt64) {
        self.attempt = attempt
        self.index = index
    }

    /// Before every entry.
    package static let start = EntryID(attempt: 0, index: 0)

    /// The index of the seal that a stop puts on an attempt: no chunk of that attempt can follow it. 2^48 is exact in Lua
    /// and JavaScript numbers, and no attempt writes that many chunks.
    package static let sealIndex: UInt64 = 1 << 48

    /// The index of every ending: the last entry of a log.
    package static let endingIndex: UInt64 = sealIndex + 1

    /// Parses `<attempt>-<index>`, decimal, no sign, no spaces.
    package init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let attempt = Self.decimal(parts[0]), let index = Self.decimal(parts[1]) else {
            return nil
        }
        self.init(attempt: attempt, index: index)
    }

    private static func decimal(_ digits: some Collection<UInt8>) -> UInt64? {
        guard (1...20).contains(digits.count) else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit &- UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    package static func < (left: EntryID, right: EntryID) -> Bool {
        left.attempt == right.attempt ? left.index < right.index : left.attempt < right.attempt
    }

    package var description: String { "\(attempt)-\(index)" }
}

extension EntryID: Codable {
    /// Coded as its text.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = EntryID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "must be a cursor of the form <attempt>-<index>")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
