import Foundation

/// Reads the journal of a worker (`GenerationJournal`) and looks for what must not be: a token behind the moment at which its attempt
/// heard of a stop, lost its claim, or its generator had ended. Pure.
///
/// It looks at the bytes of a line where they must stand instead of reading JSON: there are millions.
struct JournalCheck {
    /// Attempts that heard a stop.
    private(set) var stops = 0
    private(set) var tokens = 0
    /// Tokens behind one, and the first of them.
    private(set) var tokensBehind = 0
    private(set) var example: String?
    /// Lines that could not be read.
    private(set) var unreadable = 0
    /// Attempts that must say nothing more.
    private var closed: Set<Substring> = []

    private static let request = Array(#","request":""#.utf8)
    private static let event = Array(#","event":""#.utf8)

    /// Takes the next part of the journal: whole lines.
    mutating func read(_ journal: Data) {
        journal.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
                let end = Self.index(of: UInt8(ascii: "\n"), in: rest) ?? rest.count
                line(UnsafeRawBufferPointer(rebasing: rest[..<end]))
                start += end + 1
            }
        }
    }

    /// No attempt goes on: what is read next is of others.
    mutating func forget() { closed = [] }

    private mutating func line(_ line: UnsafeRawBufferPointer) {
        // `…,"request":"<36 bytes>","attempt":<n>,"event":"<word>"…`
        guard let request = Self.range(of: Self.request, in: line, from: 0),
            let event = Self.range(of: Self.event, in: line, from: request + 36), event < line.count
        else {
            unreadable += 1
            return
        }
        let attempt = UnsafeRawBufferPointer(rebasing: line[request..<event - Self.event.count])
        switch (line[event], event + 1 < line.count ? line[event + 1] : 0) {
        case (UInt8(ascii: "t"), _):
            tokens += 1
            guard !closed.isEmpty, closed.contains(Self.text(attempt)) else { return }
            tokensBehind += 1
            example = example ?? String(Self.text(line))
        case (UInt8(ascii: "s"), UInt8(ascii: "t")) where Self.begins(line, event, "stop\""):
            stops += 1
            closed.insert(Self.text(attempt))
        case (UInt8(ascii: "l"), _) where Self.begins(line, event, "left\""): closed.remove(Self.text(attempt))
        case (UInt8(ascii: "e"), _), (UInt8(ascii: "l"), _): closed.insert(Self.text(attempt))
        default: break
        }
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> Substring { Substring(decoding: bytes, as: UTF8.self) }

    private static func begins(_ line: UnsafeRawBufferPointer, _ offset: Int, _ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            line.count >= offset + word.count && line[offset..<offset + word.count].elementsEqual(word)
        }
    }

    private static func index(of byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress, let found = memchr(base, Int32(byte), bytes.count) else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// Where what follows `part` begins.
    private static func range(of part: [UInt8], in line: UnsafeRawBufferPointer, from offset: Int) -> Int? {
        var offset = offset
        while offset + part.count <= line.count {
            let rest = UnsafeRawBufferPointer(rebasing: line[offset...])
            guard let first = index(of: part[0], in: rest) else { return nil }
            let start = offset + first
            if line[start...].starts(with: part) { return start + part.count }
            offset = start + 1
        }
        return nil
    }
}
