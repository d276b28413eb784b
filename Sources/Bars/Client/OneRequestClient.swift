import FrontendClient
import NIOCore
import Shared

/// A WebSocket on a blocking socket, with one request at a time: nothing of a client's own stands between what it sends and what it
/// reads.
struct OneRequestClient {
    private let socket: BlockingSocket
    private var frames = ServerFrames()
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private let encoder = ClientEventEncoder()
    private let decoder = ServerEventDecoder()

    /// Connects, and returns when the frontend has greeted.
    init(_ url: FrontendURL) throws {
        socket = try BlockingSocket(try SocketAddress.makeAddressResolvingHost(url.host, port: url.port))
        try socket.send(Array(Upgrade.request(url).utf8))
        var answer: [UInt8] = []
        var isReady = false
        var length: Int?
        while length == nil {
            answer += try receive()
            length = try Upgrade.head(of: answer)
        }
        isReady = hears(Array(answer[(length ?? 0)...]), .ready)
        while !isReady { isReady = hears(try receive(), .ready) }
    }

    private enum Wanted {
        case ready, chunk, ending
    }

    /// Sends a request; returns the microseconds until its first chunk, when its ending has come.
    mutating func timeToFirstChunk(tokens: Int) throws -> Double {
        let parameters: [String: JSONValue] = ["count": .integer(Int64(tokens)), "interval_ms": .integer(0)]
        let event = ClientEvent(
            id: .random(), command: .send(SendCommand(content: "bench", parameters: parameters)))
        let frame = ServerFrames.ofClient(.text, encoder.encode(event).readableBytesView)
        let start = NIODeadline.now()
        try socket.send(frame)
        var came: NIODeadline?
        var hasEnded = false
        while !hasEnded {
            let bytes = try receive()
            let now = NIODeadline.now()
            if came == nil, chunk(in: bytes) { came = now }
            hasEnded = hears(bytes, .ending)
        }
        guard let came else { throw BarsFailure("an answer without a chunk") }
        return Double((came - start).nanoseconds) / 1000
    }

    private mutating func receive() throws -> [UInt8] {
        let count = try buffer.withUnsafeMutableBytes { try socket.receive(into: $0) }
        guard count > 0 else { throw BarsFailure("the frontend closed the connection") }
        return Array(buffer[..<count])
    }

    /// Whether a chunk event begins in `bytes`.
    private func chunk(in bytes: [UInt8]) -> Bool { bytes.firstRange(of: Self.chunkType) != nil }

    private static let chunkType = Array(#""type":"message.streaming.chunk""#.utf8)

    private mutating func hears(_ bytes: [UInt8], _ wanted: Wanted) -> Bool {
        var heard = false
        let decoder = decoder
        var pongs: [[UInt8]] = []
        bytes.withUnsafeBytes { bytes in
            frames.read(bytes) { opcode, payload in
                if opcode == .ping { pongs.append(ServerFrames.ofClient(.pong, Array(payload))) }
                guard opcode == .text, ChunkCounter.tokens(of: payload) == nil,
                    let event = try? decoder.decode(ByteBuffer(bytes: payload))?.event
                else { return }
                switch (event, wanted) {
                case (.connectionReady, .ready), (.streamingComplete, .ending), (.streamingError, .ending),
                    (.failure, .ending):
                    heard = true
                default: break
                }
            }
        }
        for pong in pongs { try? socket.send(pong) }
        return heard
    }
}
