private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#else
private import Darwin
#endif

/// The standard error stream of this process.
package enum StandardError {
    private static let lock = Mutex<Void>(())

    /// Writes a text whole, not mixed with others. What cannot be written (closed, disk full) is dropped. Blocks while
    /// whoever reads the stream does not read.
    package static func write(_ text: String) {
        var text = text
        lock.withLock { _ in
            text.withUTF8 { bytes in
                var written = 0
                while written < bytes.count {
                    #if canImport(Glibc)
                    let count = Glibc.write(2, bytes.baseAddress! + written, bytes.count - written)
                    #elseif canImport(Musl)
                    let count = Musl.write(2, bytes.baseAddress! + written, bytes.count - written)
                    #else
                    let count = Darwin.write(2, bytes.baseAddress! + written, bytes.count - written)
                    #endif
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return }
                    written += count
                }
            }
        }
    }
}
