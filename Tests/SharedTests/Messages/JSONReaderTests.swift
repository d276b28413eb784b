import Foundation
import Testing

@testable import Shared

/// The corners of RFC 8259.
@Suite struct JSONReaderTests {
    private func read(_ text: String) throws(JSONError) -> JSONValue { try read(Array(text.utf8)) }

    private func read(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        let result: Result<JSONValue, JSONError> = bytes.withUnsafeBytes { bytes in
            do throws(JSONError) { return .success(try JSONValue(json: bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    @Test(arguments: JSONSamples.structures) func structures(text: String, value: JSONValue) throws {
        #expect(try read(text) == value)
    }

    @Test(arguments: [
        "", " ", "\u{FEFF}", "[", "]", "{", "}", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1", "[1,", "[}", "{]",
        "[1}",
        "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\"::1}", "{a:1}",
        "{'a':1}",
        "{1:2}", "{null:1}", "{\"a\":1", "{\"a\":", "{\"a", "[] []", "[]x", "1 2", "null null", "[]\u{0}", "\u{0}",
        "[\u{B}1]", "[\u{C}1]", "[\u{A0}1]", "\u{2028}1", "[1]//", "/**/1", "nul", "nulL", "NULL", "tru", "True",
        "falsee",
        "undefined", "NaN", "Infinity", "-Infinity", "'a'", "`a`", "[\"a\"\"b\"]", "\u{FEFF}\u{FEFF}1",
    ]) func brokenStructures(text: String) {
        #expect(throws: JSONError(.malformed)) { try read(text) }
    }

    @Test(arguments: JSONSamples.numbers) func numbers(text: String, value: JSONValue) throws {
        #expect(try read(text) == value)
        #expect(try read("[\(text)]") == .array([value]))
    }

    @Test(arguments: [
        "01", "-01", "00", "-", "--1", "+1", ".5", "-.5", "1.", "1.e1", "1e", "1e+", "1e-", "1e1.5", "1.2.3", "0x10",
        "1_000",
        "1,000", "- 1", "1 .5", "1a", "0b1", "\u{661}", "1e1e1", "e1", "-e1",
    ]) func brokenNumbers(text: String) {
        #expect(throws: JSONError(.malformed)) { try read(text) }
        #expect(throws: JSONError(.malformed)) { try read("[\(text)]") }
    }

    @Test(arguments: [
        "1e309", "-1e309", "1e99999999999999999999", "1e-400", "1.7976931348623159e308", "-1e-9999999999",
    ])
    func numbersOutOfRange(text: String) {
        #expect(throws: JSONError(.unrepresentable)) { try read(text) }
        #expect(passes(text))
    }

    @Test(arguments: JSONSamples.strings) func strings(text: String, value: String) throws {
        // What of a string is looked at together must not depend on where it stands.
        for spaces in 0..<9 {
            let text = String(repeating: " ", count: spaces) + text
            #expect(try read(text) == .string(value))
            #expect(try read("[" + text + "]") == .array([.string(value)]))
            #expect(try read("{" + text + ":" + text + "}") == .object([value: .string(value)]))
        }
    }

    @Test(arguments: [
        "\"", #""a"#, #""\""#, #""\x""#, #""\a""#, #""\'""#, #""\u""#, #""\u1""#, #""\u12""#, #""\u123""#,
        #""\u123g""#,
        #""\U0041""#, #""\u 041""#, #""\u-041""#, #""\"#, #""\u12"#, "\"\n\"", "\"\t\"", "\"\u{0}\"", "\"\u{1F}\"",
        "\"\\\n\"",
        #""\u{41}""#, #""\x41""#, #""\0""#,
    ]) func brokenStrings(text: String) {
        for spaces in 0..<9 {
            let text = String(repeating: " ", count: spaces) + text
            #expect(throws: JSONError(.malformed)) { try read(text) }
            #expect(throws: JSONError(.malformed)) { try read("{" + text + ":0}") }
        }
    }

    @Test(arguments: [
        #""\ud800""#, #""\udc00""#, #""\udbff\ud800""#, #""\ud800x""#, #""\ud800\n""#, #""\ud83d\u0041""#,
        #""\ude00\ud83d""#,
        "\"\\ud800\\\"\"", #""x\ud83d""#,
    ]) func halfPairsOfSurrogates(text: String) {
        #expect(throws: JSONError(.unrepresentable)) { try read(text) }
        #expect(throws: JSONError(.unrepresentable)) { try read("{" + text + ":0}") }
        #expect(passes(text))
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xC2, 0xC2], [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF],
            [0xE2, 0x82], [0xE2, 0x82, 0x41], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE],
            [0xFF], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x98, 0x41], [0xE1, 0x80, 0xC0],
        ] as [[UInt8]]) func whatIsNotUTF8(bytes: [UInt8])
    {
        for spaces in 0..<9 {
            let text = Array(repeating: UInt8(ascii: "a"), count: spaces) + bytes
            #expect(throws: JSONError(.malformed)) { try read([0x22] + text + [0x22]) }
            #expect(throws: JSONError(.malformed)) { try read([0x22] + text) }
            #expect(throws: JSONError(.malformed)) { try read(bytes) }
        }
    }

    @Test func everyCharacterIsReadAsItIs() throws {
        for scalars in [0x20...0xD7FF, 0xE000...0x10FFFF] as [ClosedRange<UInt32>] {
            var text = ""
            for scalar in scalars where scalar != 0x22 && scalar != 0x5C {
                Unicode.Scalar(scalar).map { text.unicodeScalars.append($0) }
            }
            // By bytes, for two texts are equal, too, that are written differently.
            #expect(try read("\"\(text)\"").string.map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    @Test func encodingsOfMoreBytesAreNoJSON() throws {
        for encoding in [
            String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf32LittleEndian, .utf32BigEndian, .utf16,
        ] {
            let bytes = Array(try #require("[1,\"a\"]".data(using: encoding)))
            #expect(throws: JSONError(.malformed)) { try read(bytes) }
        }
    }

    @Test func depthIsBounded() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try read(nested(512)) }
        #expect(throws: JSONError(.excessive)) { try read(nested(513)) }
        #expect(throws: JSONError(.excessive)) { try read(String(repeating: "{\"a\":[", count: 1 << 20)) }
        #expect(passes(nested(3), .init(values: 3, depth: 3)))
        #expect(!passes(nested(3), .init(values: 3, depth: 2)))
        // Beside each other they are no deeper.
        #expect(passes("[[],{},[[]],{}]", .init(values: 100, depth: 3)))
    }

    @Test(arguments: [
        ("1", 0), ("[]", 1), ("{}", 1), ("[1]", 1), ("[1,2,3]", 3), (#"{"a":[1,2],"b":{},"c":"[,]"}"#, 6),
        ("[[],[],[]]", 6),
    ]) func valuesAreCounted(text: String, count: Int) {
        #expect(passes(text, .init(values: count, depth: 9)))
        #expect(count == 0 || !passes(text, .init(values: count - 1, depth: 9)))
    }

    /// Whether a reader that asks for nothing reads to the end.
    private func passes(_ text: String, _ limits: JSONReader.Limits = JSONReader.usualLimits) -> Bool {
        Array(text.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes, limits: limits)
            do {
                try reader.skipValue()
                try reader.end()
                return true
            } catch {
                return false
            }
        }
    }
}
