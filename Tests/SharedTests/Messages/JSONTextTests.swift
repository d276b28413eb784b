import Shared
import Testing

@Suite("JSONText")
struct JSONTextTests {
    private func escaped(_ text: String) -> String {
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            let size = bytes.count + JSONText.escapeGrowth(of: bytes)
            return String(
                decoding: [UInt8](unsafeUninitializedCapacity: size) { target, count in
                    count = target.baseAddress.map { JSONText.writeEscaped(bytes, into: $0) } ?? 0
                    #expect(count == size)
                }, as: UTF8.self)
        }
    }

    /// Byte by byte, as RFC 8259 has it.
    private func expected(_ byte: UInt8) -> String {
        switch byte {
        case 0x22: "\\\""
        case 0x5C: "\\\\"
        case 0x08: "\\b"
        case 0x09: "\\t"
        case 0x0A: "\\n"
        case 0x0C: "\\f"
        case 0x0D: "\\r"
        case 0..<0x20: "\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
        default: String(UnicodeScalar(byte))
        }
    }

    @Test func everyByteOfASCIIIsEscapedAsItMustBeAtEveryPlaceOfAWord() {
        for byte in UInt8(0)..<0x80 {
            for place in 0..<17 {
                let before = String(repeating: "a", count: place)
                let after = String(repeating: "é", count: 9)
                let text = before + String(UnicodeScalar(byte)) + after
                if escaped(text) != before + expected(byte) + after { Issue.record("\(byte) at \(place)") }
            }
        }
    }

    @Test func twoThatFollowOneAnotherAreBothEscaped() {
        #expect(escaped("12345\"\n67890\\\\\u{1}\u{1F}abcdefgh") == "12345\\\"\\n67890\\\\\\\\\\u0001\\u001fabcdefgh")
        #expect(escaped("") == "")
    }

    @Test func bytesBesideThoseThatAreEscapedAreNot() {
        // One less, one more, and with the highest bit.
        let text = " !#[]\u{7F}\u{A2}\u{DC}\u{9F}€ÜÀ"
        #expect(escaped(text) == text)
    }
}
