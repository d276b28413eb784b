/// Server-sent events as WHATWG HTML, section 9.2.6, tells: the whole text is cut into lines, then the lines are interpreted.
enum ReferenceEventStream {
    struct Event: Equatable {
        var type: String
        var data: [UInt8]
    }

    /// The events of a stream, and whether a line or an event in it is longer than `limit`, where reading ends.
    static func read(_ bytes: [UInt8], limit: Int) -> (events: [Event], isTooLong: Bool) {
        var events: [Event] = []
        var data: [[UInt8]] = []
        var type = ""
        let (lines, rest) = lines(of: bytes)
        for (number, line) in lines.enumerated() {
            guard line.count <= limit else { return (events, true) }
            let line = number == 0 && line.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(line.dropFirst(3)) : line
            if line.isEmpty {
                if !data.isEmpty {
                    events.append(
                        Event(type: type.isEmpty ? "message" : type, data: Array(data.joined(separator: [0x0A]))))
                }
                (data, type) = ([], "")
                continue
            }
            let halves = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            var value = halves.count == 2 ? halves[1] : []
            if value.first == 0x20 { value.removeFirst() }
            switch String(decoding: halves[0], as: UTF8.self) {
            case "data":
                data.append(Array(value))
                if data.joined(separator: [0x0A]).reduce(0, { sum, _ in sum + 1 }) > limit { return (events, true) }
            case "event": type = String(decoding: value, as: UTF8.self)
            default: break
            }
        }
        return (events, rest.count > limit)
    }

    private static func lines(of bytes: [UInt8]) -> (whole: [[UInt8]], rest: [UInt8]) {
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case 0x0D:
                lines.append(line)
                line = []
                if index + 1 < bytes.count, bytes[index + 1] == 0x0A { index += 1 }
            case 0x0A:
                lines.append(line)
                line = []
            case let byte: line.append(byte)
            }
            index += 1
        }
        return (lines, line)
    }
}
