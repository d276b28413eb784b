import NIOCore

/// How many bytes a reader holds back, found by looking into it.
enum Held {
    /// The bytes of all arrays of bytes and byte buffers in `value`, at any depth.
    static func bytes(in value: Any) -> Int {
        if let bytes = value as? [UInt8] { return bytes.count }
        if let buffer = value as? ByteBuffer { return buffer.readableBytes }
        return Mirror(reflecting: value).children.reduce(0) { $0 + bytes(in: $1.value) }
    }
}
