import NIOCore
import Shared
import Testing

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
}
