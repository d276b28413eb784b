import Foundation
import NIOCore
import TestSupport
import Testing

@testable import Shared

@Suite("ClientEventDecoder")
struct ClientEventDecoderTests {
    private let id = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
    private let other = "3f2504e0-4f89-41d3-9a0c-0305e82c3302"

    private func decode(_ text: String) throws -> ClientEvent {
        try ClientEventDecoder().decode(ByteBuffer(string: text))
    }

    private func refusal(_ text: String) -> ClientEventDecoder.Refusal? {
        do {
            _ = try decode(text)
            return nil
        } catch {
            return error as? ClientEventDecoder.Refusal
        }
    }

    @Test("commands are read, unknown fields are passed over")
    func commands() throws {
        let send = try decode(
            #"{"id":"\#(id)","type":"message.send","extra":1,"payload":{"content":"hé","model":null,"parameters":{"count":3,"x":[true,1.5,"a"]},"on_disconnect":0},"timestamp":"2026-01-31T00:00:00Z"}"#
        )
        #expect(send.id.text == id)
        #expect(
            send.command
                == .send(
                    SendCommand(
                        content: "hé",
                        parameters: ["count": .integer(3), "x": .array([.bool(true), .number(1.5), .string("a")])],
                        onDisconnect: .stop)))
        let stop = try decode(
            #"{"id":"\#(id)","type":"message.stop","payload":{"request_id":"\#(other)","mode":"kill"}}"#)
        #expect(stop.command == .stop(StopCommand(requestID: RequestID(other), mode: .kill)))
        let resume = try decode(
            #"{"id":"\#(id)","type":"message.resume","payload":{"request_id":"\#(other)","after":"1-7"}}"#)
        #expect(
            try resume.command
                == .resume(ResumeCommand(requestID: #require(RequestID(other)), after: EntryID(attempt: 1, index: 7))))
    }

    @Test("bad frames name the field and keep the id")
    func refusals() {
        let cases: [(payload: String, field: String?, id: String?)] = [
            ("", nil, nil), ("{", nil, nil), ("[]", nil, nil), ("null", nil, nil), ("17", nil, nil),
            ("{}", "id", nil), (#"{"id":7}"#, "id", nil), (#"{"id":"x","type":"message.send"}"#, "id", "x"),
            (#"{"id":"\#(id)"}"#, "type", id), (#"{"id":"\#(id)","type":"message.fly","payload":{}}"#, "type", id),
            (#"{"id":"\#(id)","type":"message.send"}"#, "payload", id),
            (#"{"id":"\#(id)","type":"message.send","payload":[]}"#, "payload", id),
            (#"{"id":"\#(id)","type":"message.send","payload":{}}"#, "payload.content", id),
            (#"{"id":"\#(id)","type":"message.send","payload":{"content":5}}"#, "payload.content", id),
            (
                #"{"id":"\#(id)","type":"message.send","payload":{"content":"x","session_id":"y"}}"#,
                "payload.session_id", id
            ),
            (
                #"{"id":"\#(id)","type":"message.send","payload":{"content":"x","parameters":[]}}"#,
                "payload.parameters", id
            ),
            (
                #"{"id":"\#(id)","type":"message.send","payload":{"content":"x","on_disconnect":-1}}"#,
                "payload.on_disconnect", id
            ),
            (#"{"id":"\#(id)","type":"message.stop","payload":{}}"#, "payload", id),
            (
                #"{"id":"\#(id)","type":"message.stop","payload":{"request_id":"\#(id)","message_id":"\#(id)"}}"#,
                "payload", id
            ),
            (
                #"{"id":"\#(id)","type":"message.stop","payload":{"request_id":"\#(id)","mode":"x"}}"#, "payload.mode",
                id
            ),
            (
                #"{"id":"\#(id)","type":"message.resume","payload":{"request_id":"\#(id)","after":"x"}}"#,
                "payload.after", id
            ),
        ]
        for (payload, field, id) in cases {
            let refusal = refusal(payload)
            #expect(refusal != nil, "\(payload) was accepted")
            #expect(refusal?.field == field, "\(payload): \(refusal?.message ?? "")")
            #expect(refusal?.id == id, "\(payload)")
            #expect(refusal?.message.contains("Swift") == false, "\(refusal?.message ?? "")")
        }
    }

    @Test("limits are named")
    func limits() {
        let long = refusal(
            #"{"id":"\#(id)","type":"message.send","payload":{"content":"\#(String(repeating: "x", count: 1 << 20))x"}}"#
        )
        #expect(long?.field == "payload.content")
        #expect(long?.limit == 1 << 20)
        let reason = String(repeating: "r", count: 513)
        let stop = refusal(
            #"{"id":"\#(id)","type":"message.stop","payload":{"request_id":"\#(other)","reason":"\#(reason)"}}"#)
        #expect(stop?.field == "payload.reason")
        #expect(stop?.limit == 512)
    }

    private func send(parameters: String) -> String {
        #"{"id":"\#(id)","type":"message.send","payload":{"content":"x","parameters":\#(parameters)}}"#
    }

    @Test("a frame of millions of values is refused before it is decoded, in milliseconds")
    func manyValues() {
        for parameters in [
            #"{"a":["# + Array(repeating: "0", count: 1 << 20).joined(separator: ",") + "]}",
            #"{"a":"# + String(repeating: "[", count: 1 << 21) + "}",
            #"{"a":"# + String(repeating: "{", count: 1 << 21) + "}",
        ] {
            let frame = send(parameters: parameters)
            var refusal: ClientEventDecoder.Refusal?
            let start = ProcessorTime.ofThread
            refusal = self.refusal(frame)
            let seconds = ProcessorTime.ofThread - start
            #expect(refusal?.id == id)
            #expect(refusal?.field == "payload.parameters", "\(refusal?.message ?? "accepted")")
            #expect(refusal?.limit == 4096 || refusal?.limit == 32)
            // Decoding it took seconds.
            #expect(seconds < 0.5)
        }
    }

    @Test(
        "JSON in another encoding than UTF-8, in which the bounds would be read wrongly, is refused",
        arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf32LittleEndian, .utf32BigEndian])
    func otherEncodings(encoding: String.Encoding) throws {
        // What stands behind the escaped quote is inside of a string to one who reads bytes.
        let frame = send(parameters: #"{"a":"\"","b":[0,0]}"#)
        #expect(refusal(frame) == nil)
        let bytes = try #require(frame.data(using: encoding))
        #expect(throws: ClientEventDecoder.Refusal.self) { try ClientEventDecoder().decode(ByteBuffer(bytes: bytes)) }
    }

    @Test("4096 values and 32 levels are accepted; one more is not")
    func valueLimits() throws {
        // The envelope: two objects, and five commas between members.
        func values(_ count: Int) -> String {
            send(parameters: #"{"a":["# + Array(repeating: "0", count: count).joined(separator: ",") + "]}")
        }
        #expect(refusal(values(4096 - 6)) == nil)
        #expect(refusal(values(4096 - 5))?.limit == 4096)
        func levels(_ count: Int) -> String {
            send(
                parameters: #"{"a":"# + String(repeating: "[", count: count) + String(repeating: "]", count: count)
                    + "}")
        }
        #expect(refusal(levels(32 - 3)) == nil)
        #expect(refusal(levels(32 - 2))?.limit == 32)
        // What a string holds is not counted, however it is escaped.
        let text = String(repeating: #"[{,\"\\"#, count: 5000)
        let command = try decode(#"{"id":"\#(id)","type":"message.send","payload":{"content":"\#(text)"}}"#).command
        #expect(command == .send(SendCommand(content: String(repeating: #"[{,"\"#, count: 5000))))
    }

    @Test("parameters and frames are bounded in bytes")
    func byteLimits() {
        func text(_ count: Int) -> String {
            send(parameters: #"{"a":""# + String(repeating: "x", count: count) + #""}"#)
        }
        #expect(refusal(text(65_536 - 8)) == nil)
        let long = refusal(text(65_536 - 7))
        #expect(long?.field == "payload.parameters")
        #expect(long?.limit == 65_536)
        #expect(long?.id == id)
        let frame = refusal(text(3 << 20))
        #expect(frame?.id == id)
        #expect(frame?.field == nil)
        #expect(frame?.limit == (2 << 20) + (256 << 10))
        #expect(refusal(String(repeating: " ", count: 3 << 20))?.limit == (2 << 20) + (256 << 10))
    }

    @Test("numbers keep their kind and value")
    func numbers() throws {
        let parameters =
            #"{"a":0,"b":-7,"c":1.5,"d":9007199254740993,"e":9223372036854775807,"f":1e300,"g":-9223372036854775808,"h":700000000000000000.05}"#
        guard case .send(let send) = try decode(send(parameters: parameters)).command else { return }
        #expect(
            send.parameters == [
                "a": .integer(0), "b": .integer(-7), "c": .number(1.5), "d": .integer(9_007_199_254_740_993),
                "e": .integer(.max), "f": .number(1e300), "g": .integer(.min),
                "h": .integer(700_000_000_000_000_000),
            ])
    }

    @Test("what is not JSON is refused as RFC 8259 has it, with the id where it can be read")
    func strictness() {
        func send(_ payload: String) -> String { #"{"id":"\#(id)","type":"message.send","payload":\#(payload)}"# }
        for payload in [
            "{\"content\":\"a\nb\"}", #"{"content":"\x"}"#, #"{"content":"a",}"#, #"{"content":"a","model":"\q"}"#,
            #"{"content":"a","parameters":{"a":01}}"#, #"{"content":"a","x":tru}"#, #"{"content":"a" "x":1}"#,
        ] {
            #expect(refusal(send(payload)) == .init(id: id, message: "the frame is not valid JSON"), "\(payload)")
        }
        #expect(refusal("{\"id\":\"\(id)\",") == .init(id: id, message: "the frame is not valid JSON"))
        #expect(refusal("{\"id\":\"x\",") == .init(message: "the frame is not valid JSON"))
        for payload in [#"{"content":"\ud800"}"#, #"{"content":"a","parameters":{"a":1e999}}"#] {
            #expect(refusal(send(payload))?.message == "the frame is not valid JSON")
            #expect(refusal(send(payload))?.id == id)
        }
        // Nobody asks for these.
        #expect(refusal(send(#"{"content":"a","x":"\ud800","y":1e999}"#)) == nil)
    }

    @Test("of members of one name the first counts, and a name may be escaped")
    func names() throws {
        let command = try decode(
            #"{"\u0069d":"\#(id)","id":"x","type":"message.send","type":7,"payload":{"content":"a","content":5,"parameters":{"a":1,"a":2}}}"#
        ).command
        #expect(command == .send(SendCommand(content: "a", parameters: ["a": .integer(1)])))
    }

    @Test("refusals say what would be right")
    func messages() {
        for (member, message) in [
            (#""id":null"#, "id is required: a UUID"), (#""id":7"#, "id must be a string"),
            (#""id":"x""#, "id must be a UUID"),
        ] {
            #expect(refusal("{\(member)}")?.message == message)
        }
        let sends = [
            ("7", "payload must be an object"), ("null", "payload must be an object"),
            ("{}", "payload.content is required"),
            (#"{"content":null}"#, "payload.content must be a string"),
            (#"{"content":"x","model":[]}"#, "payload.model must be a string"),
            (#"{"content":"x","session_id":"y"}"#, "payload.session_id must be a UUID"),
            (#"{"content":"x","parameters":7}"#, "payload.parameters must be an object"),
            (#"{"content":"x","on_disconnect":86401}"#, "payload.on_disconnect must be between 0 and 86400 seconds"),
            (
                #"{"content":"x","on_disconnect":1.5}"#,
                #"payload.on_disconnect must be "stop", "continue" or a number of seconds"#
            ),
            (#"{"content":"x","timeout_ms":1.5}"#, "payload.timeout_ms must be a whole number"),
            (#"{"content":"x","timeout_ms":"1"}"#, "payload.timeout_ms must be a whole number"),
            (#"{"content":"x","timeout_ms":0}"#, "payload.timeout_ms must be between 1 and 604800000"),
        ]
        for (payload, message) in sends {
            #expect(refusal(#"{"id":"\#(id)","type":"message.send","payload":\#(payload)}"#)?.message == message)
        }
        for (rest, message) in [
            (#""type":"x""#, #"type must be message.send, message.stop, message.resume or auth, not "x""#),
            (#""type":"message.stop","timestamp":7"#, "timestamp must be a string"),
            (
                #""type":"message.stop","payload":{"request_id":"\#(other)","mode":"x"}"#,
                #"payload.mode must be "stop" or "kill""#
            ),
            (#""type":"message.resume","payload":{}"#, "payload.request_id is required"),
            (
                #""type":"message.resume","payload":{"request_id":"\#(other)","after":"7"}"#,
                "payload.after must be a cursor of the form <attempt>-<index>"
            ),
            (#""type":"auth","payload":{"token":null}"#, "payload.token must be a string"),
        ] {
            #expect(refusal(#"{"id":"\#(id)",\#(rest)}"#)?.message == message)
        }
    }
}
