import Shared

/// The ids of a run: UUIDs whose first 80 bits are drawn once for the run, and whose last 48 name the answer.
///
/// So every request of a run is known by its beginning, in Redis too, and nothing has to be kept of those that have ended.
struct RunIdentity: Hashable, Sendable {
    /// What an id names.
    enum Kind: UInt64, CaseIterable, Sendable {
        case request, stop, resume
    }

    private let high: UInt64
    private let low: UInt64
    /// The first 24 characters of the ids of each kind.
    private let prefixes: [[UInt8]]

    /// The identity drawn from `random`.
    init(_ random: inout some RandomNumberGenerator) {
        let high = random.next() >> 2
        let low = random.next() & 0xFFFF_0000_0000_0000
        self.high = high
        self.low = low
        prefixes = Kind.allCases.map { kind in
            Array(UUIDText.format(high: high | kind.rawValue << 62, low: low).utf8.prefix(24))
        }
    }

    /// What all requests of this run begin with.
    var requestPrefix: String { String(decoding: prefixes[0], as: UTF8.self) }

    func id(_ kind: Kind, of key: StreamKey) -> RequestID {
        // Always the text of a UUID.
        RequestID(UUIDText.format(high: high | kind.rawValue << 62, low: low | key.bits))!
    }

    /// The answer whose request this is the id of, or nil where it is not one of this run. 36 bytes.
    func request(_ id: UnsafeRawBufferPointer) -> StreamKey? { key(id, .request) }

    /// What an id of this run names.
    func read(_ id: String) -> (kind: Kind, key: StreamKey)? {
        var id = id
        return id.withUTF8 { bytes in
            guard bytes.count == 36 else { return nil }
            for kind in Kind.allCases {
                if let key = key(UnsafeRawBufferPointer(bytes), kind) { return (kind, key) }
            }
            return nil
        }
    }

    private func key(_ id: UnsafeRawBufferPointer, _ kind: Kind) -> StreamKey? {
        let isOurs = prefixes[Int(kind.rawValue)].withUnsafeBytes { $0.hasSameBytes(as: id) }
        guard isOurs else { return nil }
        var bits: UInt64 = 0
        for offset in 24..<36 {
            let byte = id[offset]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): bits = bits << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): bits = bits << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return StreamKey(bits: bits)
    }
}
