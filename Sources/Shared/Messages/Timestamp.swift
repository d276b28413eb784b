/// A moment in microseconds since 1970-01-01T00:00:00Z.
///
/// The moments stored with a request are all read from the clock of Redis, so that their differences hold across hosts.
package struct Timestamp: Hashable, Sendable, Comparable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// The moments that ISO 8601 can tell: the years 0000 to 9999.
    package static let range = Int64(-62_167_219_200_000_000)...253_402_300_799_999_999

    /// ISO 8601 in UTC with six fractional digits: `2026-01-31T23:59:59.123456Z`. Of what is out of `range`, its nearest moment.
    package var iso8601: String {
        String(unsafeUninitializedCapacity: Self.textLength) { write(into: $0) }
    }

    /// The bytes of `iso8601`.
    package static let textLength = 27

    /// Writes `iso8601` into `target`, which must hold `textLength` bytes. Returns `textLength`.
    package func write(into target: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let microseconds = min(max(microseconds, Self.range.lowerBound), Self.range.upperBound)
        let second = microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
        let fraction = microseconds - second * 1_000_000
        let day = second >= 0 ? second / 86_400 : (second - 86_399) / 86_400
        let secondOfDay = second - day * 86_400
        let (year, month, dayOfMonth) = Self.civil(fromDays: day)
        var offset = 0
        func digits(_ value: Int64, _ count: Int) {
            var divisor: Int64 = 1
            for _ in 1..<count { divisor *= 10 }
            for _ in 0..<count {
                target[offset] = UInt8(ascii: "0") + UInt8(value / divisor % 10)
                divisor = max(divisor / 10, 1)
                offset += 1
            }
        }
        func mark(_ character: Unicode.Scalar) {
            target[offset] = UInt8(ascii: character)
            offset += 1
        }
        digits(year, 4)
        mark("-")
        digits(month, 2)
        mark("-")
        digits(dayOfMonth, 2)
        mark("T")
        digits(secondOfDay / 3600, 2)
        mark(":")
        digits(secondOfDay / 60 % 60, 2)
        mark(":")
        digits(secondOfDay % 60, 2)
        mark(".")
        digits(fraction, 6)
        mark("Z")
        return offset
    }

    /// The proleptic Gregorian date of a day number (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, day)
    }
}
