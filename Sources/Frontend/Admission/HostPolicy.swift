import Shared

/// By which names this server lets itself be called while it asks nobody who they are.
///
/// A page whose own name is made to point at this address (DNS rebinding) is of our own origin to a browser; only the name, which
/// is then its own, gives it away. An address cannot be rebound, and tokens, where they are asked for, are not at such
/// a page's hand.
struct HostPolicy: Hashable, Sendable {
    /// Names besides addresses and `localhost`, without port; `*` is any.
    var allowed: Set<String>
    /// Whether every name will do.
    var allowsAny: Bool

    init(allowed: some Sequence<String> = [], allowsAny: Bool = false) {
        self.allowed = Set(allowed.map { $0.lowercased() })
        self.allowsAny = allowsAny || self.allowed.contains("*")
    }

    /// Whether a request with this `Host` header is served. Browsers send one always.
    func allows(_ host: String?) -> Bool {
        guard !allowsAny, let host = host?.lowercased() else { return true }
        let name = Self.name(host)
        return name == "localhost" || name.hasSuffix(".localhost") || allowed.contains(String(name))
            || Self.isAddress(name)
    }

    /// The host without its port.
    private static func name(_ host: String) -> Substring {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return host[...end] }
        return host.prefix { $0 != ":" }
    }

    /// Four numbers, or hexadecimal ones in brackets. A browser takes a name that ends in a number for an address (or refuses it).
    private static func isAddress(_ name: Substring) -> Bool {
        if name.hasPrefix("["), name.hasSuffix("]") {
            return name.dropFirst().dropLast().utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: ":"),
                    UInt8(ascii: "."):
                    true
                default: false
                }
            }
        }
        let numbers = name.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4
            && numbers.allSatisfy { number in
                UInt8(number) != nil && number.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            }
    }
}
