import Testing

@testable import Frontend

@Suite("OriginPolicy")
struct OriginPolicyTests {
    @Test(
        arguments: [
            (nil, "a:1", true), ("http://a:1", "a:1", true), ("http://A", "a", true), ("http://a:80", "a", true),
            ("https://a", "a:443", true), ("http://a", "a:81", false), ("http://b", "a", false), ("null", "a", false),
            ("file://a", "a", false), ("http://[::1]:8080", "[::1]:8080", true), ("https://ok.example", "a", true),
            ("http://a.evil", "a", false), ("http://a", nil, false),
        ] as [(String?, String?, Bool)])
    func allowsOwnAndListedPages(origin: String?, host: String?, allowed: Bool) {
        #expect(OriginPolicy(allowed: ["https://OK.example"]).allows(origin: origin, host: host) == allowed)
    }

    @Test func aStarAllowsAny() {
        #expect(OriginPolicy(allowed: ["*"]).allows(origin: "http://b", host: "a"))
    }
}
