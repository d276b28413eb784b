@testable import Shared

/// JSON texts, and what they are.
enum JSONSamples {
    static let structures: [(String, JSONValue)] = [
        ("null", JSONValue.null), ("true", .bool(true)), ("false", .bool(false)), ("\"\"", .string("")),
        (" \t\r\n[ ]\n", .array([])), ("{ }", .object([:])), ("[[],{}]", .array([.array([]), .object([:])])),
        ("[null, true ,false]", .array([.null, .bool(true), .bool(false)])),
        (
            #"{"a":{"b":[1,2]},"":0}"#,
            .object(["a": .object(["b": .array([.integer(1), .integer(2)])]), "": .integer(0)])
        ),
        ("\u{FEFF}[1]", .array([.integer(1)])),
        (#"{"a":1,"a":2}"#, .object(["a": .integer(1)])), (#"{"a":null,"\u0061":2}"#, .object(["a": .null])),
    ]

    static let numbers: [(String, JSONValue)] = [
        ("0", JSONValue.integer(0)), ("-0", .integer(0)), ("-1", .integer(-1)), ("1.0", .integer(1)),
        ("1e3", .integer(1000)),
        ("1E+2", .integer(100)), ("100e-2", .integer(1)), ("0.5", .number(0.5)), ("-1.25e-2", .number(-0.0125)),
        ("1e-5", .number(1e-5)), ("0e999999999999999999999", .integer(0)), ("0.0e-5", .integer(0)),
        ("-0.0", .integer(0)),
        ("123456789012345", .integer(123_456_789_012_345)), ("999999999999999999", .integer(999_999_999_999_999_999)),
        ("9007199254740992", .integer(9_007_199_254_740_992)), ("9007199254740993", .integer(9_007_199_254_740_993)),
        ("9007199254740993.0", .integer(9_007_199_254_740_993)),
        ("900719925474099300e-2", .integer(9_007_199_254_740_993)),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(0x1p63)), ("-9223372036854775809", .integer(.min)),
        ("-9.3e18", .number(-9.3e18)),
        ("18446744073709551616", .number(0x1p64)), ("1e19", .number(1e19)), ("1e300", .number(1e300)),
        ("123456789012345678.5", .integer(123_456_789_012_345_678)),
        ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)), ("5e-324", .number(.leastNonzeroMagnitude)),
        ("0.1", .number(0.1)), ("1.00000000000000000000001", .integer(1)),
    ]

    static let strings: [(String, String)] = [
        (#""a""#, "a"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""/""#, "/"), ("\"\u{7F}\"", "\u{7F}"),
        (#""\u0000\u001f\u007F""#, "\u{0}\u{1F}\u{7F}"), (#""\u00e9\u00E9é""#, "ééé"), (#""\u20ac€""#, "€€"),
        (#""\ud83d\uDE00😀""#, "😀😀"), (#""\uD800\uDC00\uDBFF\uDFFF""#, "\u{10000}\u{10FFFF}"),
        (#""\uFFFD\uE000\uD7FF""#, "\u{FFFD}\u{E000}\u{D7FF}"),
        ("\"\u{2028}\u{2029}\u{FEFF}\"", "\u{2028}\u{2029}\u{FEFF}"),
        (#""\\u0041""#, #"\u0041"#), (#""\\""#, "\\"), (#""[{,:]}//""#, "[{,:]}//"),
        ("\"" + String(repeating: "0123456\\n", count: 100) + "\"", String(repeating: "0123456\n", count: 100)),
    ]
}
