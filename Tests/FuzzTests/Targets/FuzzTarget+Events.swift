import Foundation
import NIOCore
import NIOFoundationCompat

@testable import Shared

extension FuzzTarget {
    static let eventWords = [
        "{", "}", "[", "]", "\"", ":", ",", "null", "true", "\\", "\\u0000", "\\ud800", "\\\"", "\u{0}", "1e999", "-0",
        "1.0", "1e3",
        "\"id\":", "\"type\":", "\"payload\":", "\"timestamp\":", "\"message.send\"", "\"message.stop\"",
        "\"message.resume\"",
        "\"auth\"", "\"content\":", "\"session_id\":", "\"parent_message_id\":", "\"model\":", "\"parameters\":{",
        "\"on_disconnect\":",
        "\"request_id\":", "\"message_id\":", "\"mode\":", "\"reason\":", "\"after\":\"1-1\"", "\"token\":", "\"stop\"",
        "\"kill\"",
        "\"3f2504e0-4f89-41d3-9a0c-0305e82c3301\"", "86400", "86401", "\u{FEFF}",
    ]

    /// What clients say, as the frontend reads it.
    static let clientEvents = FuzzTarget(
        name: "clientEvents", words: eventWords,
        sample: { draw in
            let event = ClientEvent(id: draw.requestID(), command: draw.command())
            let text = String(buffer: ClientEventEncoder().encode(event))
            // The decoder must see no other encoding in what a client sends as text.
            let encoding: String.Encoding =
                draw.one(in: 16) ? draw.pick([.utf16LittleEndian, .utf16BigEndian, .utf32LittleEndian]) : .utf8
            return text.data(using: encoding).map { Array($0) } ?? []
        },
        read: { bytes in _ = try? ClientEventDecoder().decode(ByteBuffer(bytes: bytes)) },
        check: { input in
            var draw = Draw(about: input)
            var limits = ClientEventDecoder.Limits()
            if draw.one(in: 2) {
                limits.contentBytes = 20
                limits.modelBytes = 6
                limits.tokenBytes = 20
                limits.parametersCount = 2
                limits.parametersBytes = 30
                limits.values = 14
                limits.depth = 3
            }
            let tree = JSONTree(input)
            let expected = ReferenceCommand.judge(tree, bytes: input.count, limits)
            let event: ClientEvent
            do throws(ClientEventDecoder.Refusal) {
                event = try ClientEventDecoder(limits: limits).decode(ByteBuffer(bytes: input))
            } catch {
                return try refused(error, tree, expected)
            }
            try accepted(event, tree, expected, limits)
        })

    private static func accepted(
        _ event: ClientEvent, _ tree: JSONTree?, _ expected: ReferenceCommand.Judgement,
        _ limits: ClientEventDecoder.Limits
    ) throws(Violation) {
        guard let tree else { throw Violation("what is not JSON is accepted") }
        guard tree.count <= limits.values, tree.depth <= limits.depth else {
            throw Violation("the bound on values or depth is passed over")
        }
        if case .refused(let fields) = expected { throw Violation("accepted, though wrong in \(fields)") }
        let again: ClientEvent
        do { again = try ClientEventDecoder().decode(ClientEventEncoder().encode(event)) } catch {
            throw Violation("what was accepted is refused after it was written: \(error)")
        }
        guard again == event else { throw Violation("written and read it is \(again), not \(event)") }
    }

    private static func refused(
        _ refusal: ClientEventDecoder.Refusal, _ tree: JSONTree?, _ expected: ReferenceCommand.Judgement
    ) throws {
        _ = String(
            buffer: {
                var encoder = ServerEventEncoder(); return encoder.encode(refusal.event)
            }())
        switch expected {
        case .contested: return
        case .accepted: throw Violation("refused: \(refusal)")
        case .refused(let fields):
            guard let field = refusal.field else {
                return try demand(
                    tree?.members == nil || fields.contains(""),
                    "the refusal names no field: \(refusal), wrong are \(fields)")
            }
            try demand(
                fields.contains { field == $0 || ($0.hasSuffix(".*") && field.hasPrefix($0.dropLast(2))) },
                "the refusal names \(field), wrong are \(fields)")
            if !fields.contains("") {
                try demandEqual(
                    refusal.id, tree?["id"]?.text.flatMap { $0.utf8.count <= 64 ? $0 : nil }, "the id of the refusal")
            }
        }
    }

    /// What frontends say, as a client reads it.
    static let serverEvents = FuzzTarget(
        name: "serverEvents",
        words: eventWords + [
            "\"connection.ready\"", "\"message.streaming.chunk\"", "\"message.streaming.complete\"",
            "\"response.error\"", "\"cursor\":",
            "\"requested_at\":\"0000-01-01T00:00:00Z\"", "\"9999-12-31T23:59:60Z\"",
            "\"usage\":{\"input_tokens\":-9223372036854775808}",
        ],
        sample: { draw in
            var encoder = ServerEventEncoder()
            return Array(encoder.encode(draw.serverEvent()).readableBytesView)
        },
        read: { bytes in _ = try? ServerEventDecoder().decode(ByteBuffer(bytes: bytes)) },
        check: { input in
            let tree = JSONTree(input)
            if let received = try? ServerEventDecoder().decode(ByteBuffer(bytes: input)) {
                try demand(tree?.members != nil || tree?.isContested == true, "what is no JSON object is an event")
                try written(received.event)
            }
            var draw = Draw(bytes: input)
            try written(draw.serverEvent())
            try chunk(&draw)
        })

    /// An event is the same after it was written and read.
    private static func written(_ event: ServerEvent) throws {
        var encoder = ServerEventEncoder()
        let text = encoder.encode(event)
        try demandEqual(try ServerEventDecoder().decode(text)?.event, event, "the event that was written")
        try demand(
            JSONTree(Array(text.readableBytesView)) != nil, "what is written is not JSON: \(String(buffer: text))")
    }

    /// The path of chunks, which writes JSON itself, writes what the other one does.
    private static func chunk(_ draw: inout Draw) throws {
        let (request, cursor, text) = (draw.requestID(), draw.entryID(), draw.text(upTo: 40))
        let template = ChunkEventTemplate(request: request, message: request.message)
        var encoder = ServerEventEncoder()
        var buffer = ByteBuffer()
        let measured = encoder.measureChunk(template, cursor: cursor, text: text)
        encoder.writeChunk(measured, template, into: &buffer)
        try demandEqual(buffer.readableBytes, measured.length, "the length of a chunk")
        let event = ServerEvent.streamingChunk(
            StreamingChunk(requestID: request, messageID: request.message, cursor: cursor, chunk: .init(content: text)))
        try demandEqual(try ServerEventDecoder().decode(buffer)?.event, event, "the chunk that was written")
    }
}
