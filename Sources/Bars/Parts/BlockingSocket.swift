import Foundation
import NIOCore

/// A blocking socket with nothing around it: as near to what a C program does as Swift gets. One thread at a time reads, one writes.
final class BlockingSocket: Sendable {
    private let descriptor: Int32

    /// Connects. What is not read or written within `patience` seconds fails.
    init(_ address: SocketAddress, patience: Int = 10) throws {
        #if canImport(Glibc)
        let stream = Int32(SOCK_STREAM.rawValue)
        #else
        let stream = SOCK_STREAM
        #endif
        descriptor = socket(address.protocol.rawValue, stream, 0)
        guard descriptor >= 0 else { throw Self.failure("socket") }
        let result = address.withSockAddr { pointer, length in connect(descriptor, pointer, socklen_t(length)) }
        guard result == 0 else {
            let failure = Self.failure("connect to \(address)")
            Foundation.close(descriptor)
            throw failure
        }
        var one: Int32 = 1
        if address.protocol != .unix {
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        }
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    deinit { Foundation.close(descriptor) }

    /// Ends both directions: who waits in `receive` gets 0. May be called from any thread.
    func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func send(_ bytes: UnsafeRawBufferPointer) throws {
        var offset = 0
        while offset < bytes.count {
            let count = Foundation.send(descriptor, bytes.baseAddress! + offset, bytes.count - offset, Self.noSignal)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("send") }
            offset += count
        }
    }

    func send(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try send($0) } }

    /// Returns how many bytes came, 0 where the connection ended.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = recv(descriptor, buffer.baseAddress!, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("receive") }
            return count
        }
    }

    /// Reads exactly as many bytes as `expected` has, and compares.
    func expect(_ expected: [UInt8]) throws {
        var read = [UInt8](repeating: 0, count: expected.count)
        var offset = 0
        while offset < read.count {
            let count = try read.withUnsafeMutableBytes {
                try receive(into: UnsafeMutableRawBufferPointer(rebasing: $0[offset...]))
            }
            guard count > 0 else { throw BarsFailure("the connection ended") }
            offset += count
        }
        guard read == expected else {
            throw BarsFailure("it answered \(String(decoding: read, as: UTF8.self).debugDescription)")
        }
    }

    #if canImport(Darwin)
    private static let noSignal: Int32 = 0
    #else
    private static let noSignal = Int32(MSG_NOSIGNAL)
    #endif

    private static func failure(_ what: String) -> BarsFailure {
        BarsFailure("\(what): \(String(cString: strerror(errno)))")
    }
}
