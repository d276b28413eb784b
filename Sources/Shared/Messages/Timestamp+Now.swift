#if canImport(FoundationEssentials)
private import FoundationEssentials
#else
private import Foundation
#endif

extension Timestamp {
    /// This host's wall clock.
    package static func now() -> Timestamp {
        Timestamp(microseconds: Int64(Date.now.timeIntervalSince1970 * 1_000_000))
    }
}

extension Timestamp: Codable {
    /// Coded as its ISO 8601 text.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(iso8601)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let moment = Timestamp(iso8601: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "must be ISO 8601 in UTC, such as 2026-01-31T23:59:59.123456Z")
        }
        self = moment
    }

    /// Parses what `iso8601` writes; the fraction may have none to nine digits.
    package init?(iso8601 text: String) {
        var digits = Array(text.utf8)
        guard digits.count >= 20, digits.last == UInt8(ascii: "Z") else { return nil }
        digits.removeLast()
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in digits[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            return value
        }
        guard digits[4] == UInt8(ascii: "-"), digits[7] == UInt8(ascii: "-"), digits[10] == UInt8(ascii: "T"),
            digits[13] == UInt8(ascii: ":"), digits[16] == UInt8(ascii: ":"),
            let year = number(0..<4), let month = number(5..<7), (1...12).contains(month),
            let day = number(8..<10), (1...31).contains(day), let hour = number(11..<13), hour < 24,
            let minute = number(14..<16), minute < 60, let second = number(17..<19), second < 61
        else { return nil }
        var fraction: Int64 = 0
        if digits.count > 19 {
            guard digits[19] == UInt8(ascii: "."), digits.count > 20, digits.count <= 29 else { return nil }
            guard let value = number(20..<digits.count) else { return nil }
            fraction = value
            for _ in digits.count..<29 { fraction *= 10 }
            fraction /= 1000
        }
        let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let monthDays: [Int64] = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= monthDays[Int(month) - 1] else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear >= 0 ? shiftedYear / 400 : -1
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        let microseconds = (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000 + fraction
        guard Self.range.contains(microseconds) else { return nil }
        self.init(microseconds: microseconds)
    }
}
