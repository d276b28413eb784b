/// Which web pages may open a WebSocket here. A browser names the page's origin; other clients name none and are let in.
struct OriginPolicy: Hashable, Sendable {
    /// Origins besides our own, such as `https://chat.example.org`; `*` is any.
    var allowed: Set<String>

    init(allowed: some Sequence<String> = []) {
        self.allowed = Set(allowed.map { $0.lowercased() })
    }

    /// Whether a page of `origin` may connect to the server that it knows as `host`.
    func allows(origin: String?, host: String?) -> Bool {
        guard let origin = origin?.lowercased() else { return true }
        if allowed.contains("*") || allowed.contains(origin) { return true }
        guard let host = host?.lowercased(), let separator = origin.firstRange(of: "://") else { return false }
        let scheme = origin[..<separator.lowerBound]
        let authority = origin[separator.upperBound...]
        guard scheme == "http" || scheme == "https" else { return false }
        let defaultPort = scheme == "https" ? ":443" : ":80"
        func explicit(_ text: some StringProtocol) -> String {
            Self.hasPort(text) ? String(text) : String(text) + defaultPort
        }
        return explicit(authority) == explicit(host)
    }

    private static func hasPort(_ authority: some StringProtocol) -> Bool {
        guard let colon = authority.lastIndex(of: ":") else { return false }
        return !authority[colon...].contains("]")
    }
}
