import Testing

@testable import Frontend

@Suite("HostPolicy")
struct HostPolicyTests {
    @Test(
        arguments: [
            (nil, true), ("localhost", true), ("LocalHost:8080", true), ("chat.localhost:1", true), ("127.0.0.1", true),
            ("127.0.0.1:8080", true), ("192.168.1.5:80", true), ("[::1]", true), ("[::1]:8080", true),
            ("chat.example:8080", true), ("evil.example", false), ("evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false), ("evil.example.", false), ("xlocalhost", false), ("256.0.0.1", false),
            ("1.2.3", false), ("[evil.example]", false), ("chat.example.evil", false), ("", false),
            ("localhost.", false), ("+1.0.0.1", false),
        ] as [(String?, Bool)])
    func knowsItsNames(host: String?, isAllowed: Bool) {
        #expect(HostPolicy(allowed: ["Chat.Example"]).allows(host) == isAllowed)
        #expect(HostPolicy(allowed: ["*"]).allows(host))
        #expect(HostPolicy(allowsAny: true).allows(host))
    }
}
