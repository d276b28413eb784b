/// A number in JSON text, as it stands there.
struct JSONNumber {
    let bytes: UnsafeRawBufferPointer
    /// Whether it is written without a fraction and without an exponent.
    let isWhole: Bool

    /// Beyond which doubles do not hold every whole number.
    private static let exactDoubles = 0x1p53

    /// The nearest double; nil where it would be infinite, or zero though the number is not.
    var double: Double? {
        if isWhole, let small = smallInteger { return Double(small) }
        guard let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else { return nil }
        return value == 0 && !isZero ? nil : value
    }

    /// The whole number it is, if it is one; `1.0` and `1e3` are. Of one so large that a double holds no fraction, its whole part.
    var integer: Int64? {
        if isWhole { return smallInteger ?? wholePart }
        guard let double else { return isZero ? 0 : nil }
        return double.magnitude < Self.exactDoubles ? Int64(exactly: double) : wholePart
    }

    /// As it is kept where nobody knows what it is for.
    var value: JSONValue? {
        if isWhole, let small = smallInteger { return .integer(small) }
        guard let double else { return nil }
        if double.magnitude < Self.exactDoubles {
            return Int64(exactly: double).map { .integer($0) } ?? .number(double)
        }
        return (wholePart ?? Int64(exactly: double)).map { .integer($0) } ?? .number(double)
    }

    private var isNegative: Bool { bytes[0] == UInt8(ascii: "-") }

    /// What has digits enough to be held by a double, too, so the commonest; of a number written without fraction and exponent.
    private var smallInteger: Int64? {
        let start = isNegative ? 1 : 0
        guard bytes.count - start <= 15 else { return nil }
        var value: Int64 = 0
        for place in start..<bytes.count { value = value &* 10 &+ Int64(bytes[place] &- UInt8(ascii: "0")) }
        return isNegative ? -value : value
    }

    private var isZero: Bool {
        for byte in bytes {
            if byte | 0x20 == UInt8(ascii: "e") { break }
            if byte > UInt8(ascii: "0") { return false }
        }
        return true
    }

    /// Its digits before the point, once its exponent has moved that; nil beyond 64 bits.
    private var wholePart: Int64? {
        let mark = bytes.firstIndex { $0 | 0x20 == UInt8(ascii: "e") } ?? bytes.count
        var exponent = 0
        if mark < bytes.count {
            guard let written = Int(String(decoding: bytes[(mark + 1)...], as: UTF8.self)),
                (-65_536...65_536).contains(written)
            else { return isZero ? 0 : nil }
            exponent = written
        }
        let start = isNegative ? 1 : 0
        let point = bytes[..<mark].firstIndex(of: UInt8(ascii: ".")) ?? mark
        var places = point - start + exponent
        var value: Int64 = 0
        func append(_ digit: UInt8) -> Bool {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let step = Int64(digit &- UInt8(ascii: "0"))
            let (sum, carry) =
                isNegative
                ? product.subtractingReportingOverflow(step) : product.addingReportingOverflow(step)
            value = sum
            return !overflow && !carry
        }
        for place in start..<mark where place != point && places > 0 {
            guard append(bytes[place]) else { return nil }
            places -= 1
        }
        // A number that is zero has nothing to move.
        while places > 0, value != 0 {
            guard append(UInt8(ascii: "0")) else { return nil }
            places -= 1
        }
        return value
    }
}
