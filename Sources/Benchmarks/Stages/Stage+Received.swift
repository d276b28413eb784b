import Benchmarking
import Frontend
import NIOCore
import Shared

/// What a client says, from its bytes to its command.
extension Stage {
    static let received = [
        Stage("received.mask", "250 bytes unmasked") {
            let masked = ByteBuffer(repeating: 0x55, count: 250)
            var buffer = ByteBuffer()
            return Work(bytes: Array(buffer: masked), operations: 64) { rounds in
                for _ in 0..<rounds {
                    buffer.clear()
                    for _ in 0..<64 { buffer.writeUnmasked(masked, mask: 0x1234_5678, offset: 0) }
                }
                guard buffer.readableBytes == 64 * 250 else { throw StageFailure("bytes are missing") }
            }
        },
        Stage("received.utf8", "256 bytes of ASCII validated") { validating(String(repeating: "penstock", count: 32)) },
        Stage("received.utf8.wide", "252 bytes of two and three byte characters validated") {
            validating(String(repeating: "für 流量 и так", count: 12))
        },
        Stage("received.frame", "a frame of message.stop to its text") { assembling() },
        Stage("received.send", "the text of message.send to its command") {
            try decoding(
                #"{"id":"0b0ffb2e-3d2c-4a4a-9a55-6c1f5d8a7b10","type":"message.send","payload":{"session_id":"5a1e4c0e-6b0f-4f53-8f0a-0f6a6f9f2f11","content":"Why is the sky blue?","model":"default","parameters":{"count":1000,"interval_ms":20}},"timestamp":"2026-01-31T23:59:59.123Z"}"#
            )
        },
        Stage("received.stop", "the text of message.stop to its command") { try decoding(stop) },
    ]

    private static let stop =
        #"{"id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","type":"message.stop","payload":{"request_id":"0b0ffb2e-3d2c-4a4a-9a55-6c1f5d8a7b10"},"timestamp":"2026-01-31T23:59:59.123Z"}"#

    private static func validating(_ text: String) -> Work {
        let bytes = Array(text.utf8)
        return Work(bytes: bytes, operations: 64) { rounds in
            var valid = 0
            bytes.withUnsafeBytes { bytes in
                for _ in 0..<rounds * 64 {
                    var validator = UTF8Validator()
                    if validator.accept(bytes), validator.isComplete { valid += 1 }
                }
            }
            guard valid == rounds * 64 else { throw StageFailure("the text is not valid") }
        }
    }

    private static func assembling() -> Work {
        let mask: [UInt8] = [1, 2, 3, 4]
        var frame: [UInt8] = [0x81, 0x80 | 126, UInt8(stop.utf8.count >> 8), UInt8(stop.utf8.count & 0xFF)] + mask
        for (place, byte) in stop.utf8.enumerated() { frame.append(byte ^ mask[place & 3]) }
        let bytes = frame
        let received = ByteBuffer(bytes: bytes)
        return Work(bytes: bytes, operations: 64) { rounds in
            var texts = 0
            var assembler = WebSocketAssembler(maximumBytes: 1 << 20)
            for _ in 0..<rounds * 64 {
                var input = received
                if case .text(let text)? = assembler.next(&input), text.readableBytes == bytes.count - 8 { texts += 1 }
            }
            guard texts == rounds * 64 else { throw StageFailure("texts are missing") }
        }
    }

    private static func decoding(_ text: String) throws -> Work {
        let decoder = ClientEventDecoder()
        let frame = ByteBuffer(string: text)
        return Work(bytes: Array(text.utf8)) { rounds in
            for _ in 0..<rounds { _ = try decoder.decode(frame) }
        }
    }
}
