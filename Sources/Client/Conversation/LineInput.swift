import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Lines of standard input, read only when asked for, on a thread of their own.
///
/// It reads with `read(2)`, not through stdio: a thread that waits inside stdio holds a lock that the end of the process needs.
final class LineInput: Sendable {
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let buffer: LineBuffer

    /// The longest line taken, in bytes; what is longer is cut into pieces.
    static let maximumLineBytes = 1 << 20

    init(descriptor: Int32 = STDIN_FILENO) {
        buffer = LineBuffer(descriptor: descriptor)
        thread.start()
    }

    /// Reads one line and calls `handler` with it, or with nil at the end of the input. One call at a time.
    func next(_ handler: @escaping @Sendable (String?) -> Void) {
        thread.submit { [buffer] _ in handler(buffer.next()) }
    }
}

/// What was read and not yet asked for. `@unchecked Sendable`: used by the one thread of its `LineInput` only.
private final class LineBuffer: @unchecked Sendable {
    private let descriptor: Int32
    private var bytes: [UInt8] = []
    private var isAtEnd = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    func next() -> String? {
        while true {
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                defer { bytes.removeFirst(end + 1) }
                return String(decoding: bytes[..<end], as: UTF8.self)
            }
            if isAtEnd || bytes.count >= LineInput.maximumLineBytes {
                guard !bytes.isEmpty else { return nil }
                defer { bytes = [] }
                return String(decoding: bytes, as: UTF8.self)
            }
            fill()
        }
    }

    private func fill() {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &chunk, chunk.count)
        if count > 0 {
            bytes += chunk[..<count]
        } else if count == 0 || errno != EINTR {
            isAtEnd = true
        }
    }
}
