import Testing

@testable import Shared

@Suite struct JSONObjectTests {
    /// What `body` makes of the object that `text` is.
    private func read<Value>(_ text: String, _ body: (JSONObject) throws -> Value) throws -> Value {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            let object = try JSONObject(&reader)
            try reader.end()
            return try body(object)
        }
    }

    @Test(arguments: ["[]", #"["a":1]"#, "1", "\"a\"", "null", "", #"{"a":1"#, #"{"a":1}]"#])
    func whatIsNoObjectIsRefused(text: String) {
        #expect(throws: JSONError(.malformed)) { try read(text) { _ in } }
    }

    @Test func membersAreFoundByName() throws {
        try read(#" { "a" : "x", "b":null,"\u0063":[ 7 , {"a":"y"} ],"a":"z","dé":true,"aa":1.0 } "#) { object in
            // Of several the first counts, and a name may be escaped.
            #expect(try object.required("a").string() == "x")
            #expect(try object.required("dé").bool())
            #expect(try object.required("aa").integer() == 1)
            let elements = try object.required("c").elements()
            #expect(elements.map(\.kind) == [.number, .object])
            #expect(try elements[0].integer() == 7)
            #expect(try elements[1].object().required("a").string() == "y")
            #expect(object.optional("b") == nil)
            #expect(object.optional("d") == nil)
            #expect(throws: JSONError(.wrong("a string"), field: "b")) { try object.required("b").string() }
            #expect(throws: JSONError(.missing, field: "d")) { try object.required("d") }
        }
    }

    @Test func errorsNameTheMember() throws {
        try read(#"{"text":5,"number":"5","half":1.5,"large":9223372036854775808,"torn":"\ud800","in":{"x":"\ud800"}}"#)
        {
            object in
            #expect(throws: JSONError(.wrong("a string"), field: "text")) { try object.required("text").string() }
            #expect(throws: JSONError(.wrong("an object"), field: "text")) { try object.required("text").object() }
            #expect(throws: JSONError(.wrong("an object"), field: "text")) { try object.required("text").members() }
            #expect(throws: JSONError(.wrong("an array"), field: "text")) { try object.required("text").elements() }
            #expect(throws: JSONError(.wrong("true or false"), field: "text")) { try object.required("text").bool() }
            for name in ["number", "half", "large"] as [StaticString] {
                #expect(throws: JSONError(.wrong("a whole number"), field: name)) {
                    try object.required(name).integer()
                }
            }
            #expect(throws: JSONError(.unrepresentable, field: "torn")) { try object.required("torn").string() }
            #expect(throws: JSONError(.unrepresentable, field: "in")) { try object.required("in").members() }
            #expect(JSONError(.missing, field: "a").inside("b").field == "b.a")
        }
    }

    @Test(
        arguments: [
            (#"{}"#, [:]), (#"{"a":"1","b":"\/"}"#, ["a": "1", "b": "/"]), (#"{"a":"1","a":"2"}"#, ["a": "1"]),
            (#"{"a":1}"#, nil), (#"{"a":null}"#, nil), (#"{"a":{}}"#, nil), ("[]", nil), ("", nil),
            (#"{"a":"1"}x"#, nil),
            (#"["a":"1"]"#, nil), (#"{"a":"\ud800"}"#, nil),
        ] as [(String, [String: String]?)]) func flatObjects(text: String, members: [String: String]?)
    {
        Array(text.utf8).withUnsafeBytes { bytes in #expect(FlatJSONObject.decode(bytes) == members) }
    }
}
