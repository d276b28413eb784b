#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension UnsafeRawBufferPointer {
    /// Whether `other` holds these bytes at `offset`.
    func hasSameBytes(as other: UnsafeRawBufferPointer, at offset: Int = 0) -> Bool {
        guard let mine = baseAddress, let theirs = other.baseAddress else { return isEmpty }
        return offset + count <= other.count && memcmp(mine, theirs + offset, count) == 0
    }
}

extension StaticString {
    /// Whether `bytes` hold this text at `offset`.
    func stands(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount).hasSameBytes(as: bytes, at: offset)
    }
}
