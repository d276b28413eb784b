extension String {
    /// Calls `body` with the bytes of this string. Unlike `withUTF8`, without a copy of the string to change, which is counted as another
    /// reference; only one that does not lie in one piece, such as Foundation has, is copied.
    @inline(__always)
    package func withContiguousUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        var native = self
        return native.withUTF8(body)
    }
}
