/// A Lua script that runs inside Redis, and its SHA-1, by which Redis knows it once it was loaded.
///
/// Scripts given to a `RedisClient` are loaded on every new connection, so calling one costs its SHA-1 and not its source.
package struct RedisScript: Sendable, Hashable {
    package let source: String
    /// Forty hexadecimal digits.
    package let sha1: String

    package init(_ source: String) {
        self.source = source
        self.sha1 = SHA1.hexadecimal(source.utf8)
    }
}
