import NIOCore
import Testing

@testable import Shared

@Suite struct JSONWriterTests {
    private func text(_ write: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter(capacity: 0)
        write(&json)
        return String(buffer: json.buffer)
    }

    @Test func valuesAreSeparated() {
        let text = text { json in
            json.beginObject()
            json.name("a")
            json.beginArray()
            json.integer(UInt64.max)
            json.integer(Int64.min)
            json.bool(true)
            json.null()
            json.beginObject()
            json.endObject()
            json.beginArray()
            json.endArray()
            json.endArray()
            json.name("b\"")
            json.string("c")
            json.member("d", false)
            json.member("e", nil as String?)
            json.member("f", EntryID(attempt: 1, index: 2))
            json.member("g", Timestamp(microseconds: 0))
            json.endObject()
        }
        #expect(
            text
                == #"{"a":[18446744073709551615,-9223372036854775808,true,null,{},[]],"b\"":"c","d":false,"f":"1-2","g":"1970-01-01T00:00:00.000000Z"}"#
        )
    }

    @Test func stringsAreEscaped() {
        #expect(text { $0.string("") } == #""""#)
        #expect(text { $0.string("é/\u{7F}\u{2028}😀") } == "\"é/\u{7F}\u{2028}😀\"")
        #expect(text { $0.string("\"\\\u{8}\u{C}\n\r\t\u{0}\u{1F}") } == #""\"\\\b\f\n\r\t\u0000\u001f""#)
    }

    @Test func numbersAreWritten() {
        #expect(text { $0.value(.array([.integer(-7), .number(1.5), .number(1e300)])) } == "[-7,1.5,1e+300]")
        #expect(text { $0.value(.array([.number(.infinity), .number(.nan)])) } == "[null,null]")
    }

    @Test func theMembersOfAnObjectAreWritten() {
        #expect(
            text { $0.value(.object(["a\n": .object(["b": .array([.null, .bool(false)])])])) }
                == #"{"a\n":{"b":[null,false]}}"#)
    }
}
