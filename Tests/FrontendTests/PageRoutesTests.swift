import Testing

@testable import Frontend

@Suite("PageRoutes")
struct PageRoutesTests {
    @Test("every file that the page and its modules name is served")
    func files() throws {
        let texts = PageRoutes.assets.map { ($0.path, String(decoding: $0.bytes, as: UTF8.self)) }
        let served = Set(texts.map { "/\($0.0)" })
        var named: Set<String> = []
        for (path, text) in texts {
            if path.isEmpty { named.formUnion(text.matches(of: /(?:src|href)="(\/[^"]*)"/).map { String($0.1) }) }
            if path.hasPrefix("js/") {
                named.formUnion(text.matches(of: /from '\.\/([a-z]+\.js)'/).map { "/js/\($0.1)" })
            }
        }
        #expect(named.contains("/js/chat.js") && named.contains("/js/protocol.js") && named.contains("/chat.css"))
        #expect(named.isSubset(of: served), "\(named.subtracting(served))")
    }
}
