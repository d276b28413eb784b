import HTTPTypes
import Hummingbird
import NIOCore

/// The chat page, which the binary carries: `/`, `/chat.css` and the modules of its script, `/js/….js`.
struct PageRoutes: Sendable {
    struct Asset: Sendable {
        var path: String
        var type: String
        var bytes: [UInt8]
    }

    static let assets = [
        Asset(path: "", type: "text/html; charset=utf-8", bytes: PackageResources.index_html),
        Asset(path: "chat.css", type: "text/css; charset=utf-8", bytes: PackageResources.chat_css),
        script("base", PackageResources.base_js),
        script("settings", PackageResources.settings_js),
        script("connection", PackageResources.connection_js),
        script("conversations", PackageResources.conversations_js),
        script("protocol", PackageResources.protocol_js),
        script("words", PackageResources.words_js),
        script("answer", PackageResources.answer_js),
        script("view", PackageResources.view_js),
        script("chat", PackageResources.chat_js),
    ]

    private static func script(_ name: String, _ bytes: [UInt8]) -> Asset {
        Asset(path: "js/\(name).js", type: "text/javascript; charset=utf-8", bytes: bytes)
    }

    /// The page talks to its own server only, and nobody frames it.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    func add(to router: Router<FrontendRequestContext>) throws {
        for asset in Self.assets {
            let body = ByteBuffer(bytes: asset.bytes)
            var headers = HTTPFields()
            headers[.contentType] = asset.type
            headers[.eTag] = Self.tag(asset.bytes)
            // Asked for anew each time, and answered with 304 where nothing changed.
            headers[.cacheControl] = "no-cache"
            headers[.xContentTypeOptions] = "nosniff"
            headers[.contentSecurityPolicy] = Self.policy
            if let name = HTTPField.Name("Referrer-Policy") { headers[name] = "no-referrer" }
            router.get(RouterPath(asset.path)) { [headers] request, _ in
                if let known = request.headers[.ifNoneMatch], let tag = headers[.eTag], known.contains(tag) {
                    return Response(status: .notModified, headers: headers)
                }
                return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
            }
        }
    }

    /// FNV-1a: enough to tell one version of a file from another.
    private static func tag(_ bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return "\"\(String(hash, radix: 16))\""
    }
}
