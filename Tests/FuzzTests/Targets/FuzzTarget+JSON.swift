import Foundation
import NIOCore

@testable import Shared

extension FuzzTarget {
    private static let jsonWords =
        eventWords + [
            "0", "-", ".", "e", "E", "+", "1e-400", "9007199254740993", "9223372036854775808", "-9223372036854775808",
            "0.1",
            "\\u00e9", "\\ud83d\\ude00", "\\udc00", "\\/", "\\b", "\\x", "false", "\n", "\t", " ", "é", "😀", "\u{7F}",
            "[1,]", "{\"a\":1,}",
            "\"a\":", "\"\\u0061\":",
        ]

    /// JSON text of any kind, also what is none.
    static let jsonTexts = FuzzTarget(
        name: "jsonTexts", words: jsonWords, sample: { draw in written(draw.json()) },
        read: { bytes in _ = try? value(bytes) },
        check: { input in
            let hasMark = input.starts(with: [0xEF, 0xBB, 0xBF])
            let tree = JSONTree(hasMark ? Array(input.dropFirst(3)) : input)
            let isJSON: Bool
            if case .lenient? = tree { isJSON = false } else { isJSON = tree != nil }
            let deep = tree.map(\.depth) ?? 0
            try demandEqual(passes(input, JSONReader.usualLimits), isJSON && deep <= 512, "whether it is JSON")
            let here = try? value(input)
            guard isJSON, let tree else {
                return try demand(here == nil, "what is not JSON is \(String(describing: here))")
            }
            if !tree.isContested, deep <= 512 { try demand(here != nil, "it cannot be read") }
            try foundation(input, tree, here)
            try limits(input)
        })

    /// Foundation's decoder reads the same but for what it is known to do with some numbers that have a fraction or an exponent: beyond 2^53
    /// they are whole here, and there now one thing, now another; and a zero with an exponent is now taken there for one, now not.
    private static func foundation(_ input: [UInt8], _ tree: JSONTree, _ here: JSONValue?) throws {
        let there = try? JSONDecoder().decode(JSONValue.self, from: Data(input))
        let written = tree.all.compactMap { value in
            if case .number(let text) = value, text.contains(where: { ".eE".contains($0) }) { text } else { nil }
        }
        if written.contains(where: { Double($0) == 0 && $0.lowercased().contains("e") }) { return }
        if written.contains(where: { (Double($0) ?? 0).magnitude >= 0x1p53 }) {
            return try demandEqual(here == nil, there == nil, "whether it can be read")
        }
        try demandEqual(here, there, "what it is")
    }

    /// What breaks a bound for the reader breaks one for the outline, which says where.
    private static func limits(_ input: [UInt8]) throws {
        var draw = Draw(about: input)
        let limits = JSONReader.Limits(values: draw.below(10), depth: draw.below(4))
        let excess = input.withUnsafeBytes {
            JSONOutline.excess(of: $0.assumingMemoryBound(to: UInt8.self), over: limits)
        }
        try demandEqual(
            passes(input, limits), excess == nil && passes(input, JSONReader.usualLimits), "whether \(limits) hold")
    }

    /// JSON of any kind: its size, and its way there and back.
    static let jsonValues = FuzzTarget(
        name: "jsonValues", words: jsonWords, sample: { draw in written(draw.json()) },
        check: { input in
            var draw = Draw(bytes: input)
            let value = (try? value(input)) ?? draw.json()
            let text = written(value)
            try demandEqual(
                try JSONDecoder().decode(JSONValue.self, from: Data(text)), value, "what Foundation reads of it")
            try demandEqual(try Self.value(text), value, "the value that was written")
            try demandEqual(value.encodedBytes, text.count, "the size of \(String(decoding: text, as: UTF8.self))")
            if case .lenient? = JSONTree(text) { throw Violation("not JSON: \(String(decoding: text, as: UTF8.self))") }
        })

    private static func value(_ bytes: [UInt8]) throws -> JSONValue {
        try bytes.withUnsafeBytes { try JSONValue(json: $0) }
    }

    private static func passes(_ bytes: [UInt8], _ limits: JSONReader.Limits) -> Bool {
        bytes.withUnsafeBytes { bytes in
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

    private static func written(_ value: JSONValue) -> [UInt8] {
        var json = JSONWriter()
        json.value(value)
        return Array(json.buffer.readableBytesView)
    }
}
