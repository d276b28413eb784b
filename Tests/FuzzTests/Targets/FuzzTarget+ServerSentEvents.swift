@testable import Worker

extension FuzzTarget {
    /// The stream of an engine.
    static let serverSentEvents = FuzzTarget(
        name: "serverSentEvents",
        words: ["data:", "data: ", "event: ", "id", "retry", ":", "\n", "\r", "\r\n", "\n\n", "\u{FEFF}", "[DONE]"],
        sample: { draw in
            let lines = draw.list(upTo: 12) { draw in
                draw.pick(["data: ", "data:", "data", "event: ", "event", "id: ", ": ", "", "", "x: "])
                    + (draw.one(in: 3) ? "" : draw.text()) + draw.pick(["\n", "\r\n", "\r", "\n\n", ""])
            }
            return Array(((draw.one(in: 4) ? "\u{FEFF}" : "") + lines.joined()).utf8)
        },
        read: { bytes in
            var parser = ServerSentEventParser(maximumBytes: 1 << 20)
            bytes.withUnsafeBytes { try? parser.read($0) { _ in } }
        },
        check: { input in
            var draw = Draw(about: input)
            let limit = draw.pick([10, 40, 1 << 20])
            let expected = ReferenceEventStream.read(input, limit: limit)
            for pieces in Pieces.ways(of: input) {
                var parser = ServerSentEventParser(maximumBytes: limit)
                var events: [ReferenceEventStream.Event] = []
                var isTooLong = false
                do {
                    for piece in pieces {
                        try piece.withUnsafeBytes { bytes in
                            try parser.read(bytes) { events.append(.init(type: $0.type, data: $0.data)) }
                        }
                        guard pieces.count <= 20 else { continue }
                        try demand(Held.bytes(in: parser) <= 2 * limit, "more is held than a line and an event")
                    }
                } catch is ServerSentEventParser.TooLong {
                    isTooLong = true
                }
                try demandEqual(events, expected.events, "the events of \(pieces.count) pieces, limit \(limit)")
                try demandEqual(isTooLong, expected.isTooLong, "whether the bound of \(limit) is broken")
            }
        })
}
