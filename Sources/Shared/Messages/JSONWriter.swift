package import NIOCore

/// Appends JSON text to a buffer, value by value: no encoder, and no allocation but the buffer's own.
///
/// What is written is JSON where objects and arrays that are begun are ended, and each value in an object comes behind its name.
package struct JSONWriter {
    package private(set) var buffer: ByteBuffer
    /// Whether a value stands before the next one in the same object or array.
    private var needsComma = false

    /// The buffer grows beyond `capacity` where it must.
    package init(capacity: Int = 512) { buffer = ByteBuffer(); buffer.reserveCapacity(capacity) }

    package mutating func beginObject() { begin(UInt8(ascii: "{")) }

    package mutating func endObject() { end(UInt8(ascii: "}")) }

    package mutating func beginArray() { begin(UInt8(ascii: "[")) }

    package mutating func endArray() { end(UInt8(ascii: "]")) }

    private mutating func begin(_ byte: UInt8) {
        separate()
        buffer.writeInteger(byte)
        needsComma = false
    }

    private mutating func end(_ byte: UInt8) {
        buffer.writeInteger(byte)
        needsComma = true
    }

    /// The comma between two values, and that the next one needs one.
    private mutating func separate() {
        if needsComma { buffer.writeInteger(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// The name of the next value, which has nothing to escape.
    package mutating func name(_ name: StaticString) {
        separate()
        buffer.writeInteger(UInt8(ascii: "\""))
        buffer.writeStaticString(name)
        buffer.writeStaticString("\":")
        needsComma = false
    }

    /// The name of the next value.
    package mutating func name(_ name: String) {
        string(name)
        buffer.writeInteger(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func string(_ text: String) {
        separate()
        var text = text
        text.withUTF8 { bytes in
            let growth = JSONText.escapeGrowth(of: bytes)
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bytes.count + growth + 2) { raw in
                let target = raw.baseAddress!.assumingMemoryBound(to: UInt8.self)
                target[0] = UInt8(ascii: "\"")
                if growth > 0 {
                    _ = JSONText.writeEscaped(bytes, into: target + 1)
                } else if let source = bytes.baseAddress {
                    (target + 1).update(from: source, count: bytes.count)
                }
                target[1 + bytes.count + growth] = UInt8(ascii: "\"")
                return bytes.count + growth + 2
            }
        }
    }

    /// Bytes of ASCII with nothing to escape.
    mutating func plainString(_ bytes: some Collection<UInt8>) {
        separate()
        buffer.writeInteger(UInt8(ascii: "\""))
        buffer.writeBytes(bytes)
        buffer.writeInteger(UInt8(ascii: "\""))
    }

    package mutating func integer(_ value: Int64) {
        separate()
        if value < 0 { buffer.writeInteger(UInt8(ascii: "-")) }
        decimal(value.magnitude)
    }

    package mutating func integer(_ value: UInt64) {
        separate()
        decimal(value)
    }

    private mutating func decimal(_ value: UInt64) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 20) { raw in
            JSONText.writeDecimal(value, into: raw.baseAddress!.assumingMemoryBound(to: UInt8.self))
        }
    }

    package mutating func bool(_ value: Bool) {
        separate()
        buffer.writeStaticString(value ? "true" : "false")
    }

    package mutating func null() {
        separate()
        buffer.writeStaticString("null")
    }

    /// Any value. A number that is not finite, which JSON does not have, is written as null.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .integer(let value): integer(value)
        case .number(let value):
            guard value.isFinite else { return null() }
            separate()
            buffer.writeString(value.description)
        case .string(let value): string(value)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let members): object(members)
        }
    }

    package mutating func object(_ members: [String: JSONValue]) {
        beginObject()
        for (name, value) in members {
            self.name(name)
            self.value(value)
        }
        endObject()
    }
}
