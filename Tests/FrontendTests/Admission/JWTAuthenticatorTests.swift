import Shared
import Testing

@testable import Frontend

@Suite("JWTAuthenticator")
struct JWTAuthenticatorTests {
    private let now = Timestamp(microseconds: 1_790_000_000_000_000)
    private var second: Int64 { now.microseconds / 1_000_000 }

    private func authenticator(
        _ file: String, _ change: (inout JWTAuthenticator.Policy) -> Void = { _ in }
    ) async throws -> JWTAuthenticator {
        var policy = JWTAuthenticator.Policy()
        change(&policy)
        return JWTAuthenticator(keys: try await JWTKeyFile.keys(in: Array(file.utf8)), policy: policy) { [now] in now }
    }

    private func failure(_ token: String?, _ authenticator: JWTAuthenticator) -> AuthenticationFailure? {
        do throws(AuthenticationFailure) {
            _ = try authenticator.authenticate(token)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: TokenMint.Kind.allCases)
    func acceptsTheTokensOfItsKey(kind: TokenMint.Kind) async throws {
        let mint = try await TokenMint(kind)
        let token = try await mint.token(TokenMint.claims(from: now), kid: "whatever")
        let end = Timestamp(microseconds: now.microseconds + 3_600_000_000)
        let ada = Identity(owner: "ada", isOperator: false, expiresAt: end)
        #expect(try await authenticator(mint.file).authenticate(token) == ada)
        #expect(try await authenticator("{\"keys\":[{\(mint.jwk)}]}").authenticate(token) == ada)
        let other = try await TokenMint(kind == .secret ? .p256 : kind)
        let refused = failure(token, try await authenticator(other.file))
        #expect(refused == (kind == .secret ? .algorithm : .signature))
        // One bit of the signature, and one of what is signed.
        for index in [token.utf8.count - 10, token.utf8.count / 2] {
            var bytes = Array(token.utf8)
            bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(failure(String(decoding: bytes, as: UTF8.self), try await authenticator(mint.file)) != nil)
        }
    }

    @Test func refusesWhatTheClaimsForbid() async throws {
        let mint = try await TokenMint(.p256)
        let authenticator = try await authenticator(mint.file) {
            $0.audiences = ["chat", "talk"]
            $0.issuer = "https://issuer.example"
        }
        let good: [String: JSONValue] = [
            "aud": .array([.string("x"), .string("talk")]), "iss": .string("https://issuer.example"),
        ]
        let cases: [([String: JSONValue], AuthenticationFailure?)] = [
            ([:], nil),
            (["aud": .string("chat")], nil),
            (["exp": .integer(second)], .expired),
            (["exp": .integer(-1)], .expired),
            (["exp": .number(Double(second) + 0.5)], nil),
            (["exp": .number(1e300)], nil),
            (["exp": .null], .claims),
            (["exp": .string("\(second + 60)")], .malformed),
            (["nbf": .integer(second + 1)], .notYetValid),
            (["nbf": .integer(second)], nil),
            (["aud": .string("chat2")], .audience),
            (["aud": .array([])], .audience),
            (["aud": .null], .audience),
            (["aud": .integer(7)], .malformed),
            (["iss": .string("https://issuer.example.evil")], .issuer),
            (["iss": .null], .issuer),
            (["sub": .null], .claims),
            (["sub": .string("")], .claims),
            (["sub": .string("a\nb")], .claims),
            (["sub": .string(String(repeating: "a", count: 257))], .claims),
            (["sub": .integer(7)], .malformed),
        ]
        for (change, expected) in cases {
            let claims = TokenMint.claims(from: now, changed: good.merging(change) { $1 })
            #expect(failure(try await mint.token(claims), authenticator) == expected, "\(change)")
        }
    }

    @Test func bearsClocksThatAreApart() async throws {
        let mint = try await TokenMint(.secret)
        let authenticator = try await authenticator(mint.file) { $0.leeway = 2_000_000 }
        let cases: [([String: JSONValue], AuthenticationFailure?)] = [
            (["exp": .integer(second - 1)], nil), (["exp": .integer(second - 2)], .expired),
            (["nbf": .integer(second + 2)], nil), (["nbf": .integer(second + 3)], .notYetValid),
        ]
        for (change, expected) in cases {
            let token = try await mint.token(TokenMint.claims(from: now, changed: change))
            #expect(failure(token, authenticator) == expected, "\(change)")
        }
    }

    @Test func knowsOperators() async throws {
        let mint = try await TokenMint(.secret)
        let authenticator = try await authenticator(mint.file)
        let cases: [([String: JSONValue], Bool)] = [
            ([:], false), (["penstock_role": .string("operator")], true),
            (["penstock_role": .string("Operator")], false),
            (["penstock_role": .array([.string("operator")])], false), (["penstock_role": .bool(true)], false),
            (["scope": .string("openid penstock:operate")], true), (["scope": .string("penstock:operate2")], false),
            (["scope": .array([.string("penstock:operate")])], true),
            (["scp": .array([.string("penstock:operate")])], true),
            (["scope": .integer(1)], false), (["role": .string("operator")], false),
        ]
        for (change, expected) in cases {
            let token = try await mint.token(TokenMint.claims(from: now, changed: change))
            #expect(try authenticator.authenticate(token).isOperator == expected, "\(change)")
        }
    }

    @Test(arguments: TokenMint.Kind.allCases)
    func refusesTokensThatNobodySigned(kind: TokenMint.Kind) async throws {
        let mint = try await TokenMint(kind)
        let authenticator = try await authenticator(mint.file)
        for algorithm in ["none", "None", "NONE", "nOnE", "", "HS512", "RS512", "PS256", "ES384", "EdDSA"] {
            let token = try TokenMint.unsigned(#"{"alg":"\#(algorithm)","typ":"JWT"}"#, TokenMint.claims(from: now))
            #expect(failure(token, authenticator) == .algorithm)
            #expect(failure(token + "AAAA", authenticator) == .algorithm)
        }
        for algorithm in ["HS256", "RS256", "ES256"] {
            let token = try TokenMint.unsigned(#"{"alg":"\#(algorithm)"}"#, TokenMint.claims(from: now))
            #expect([.algorithm, .signature].contains(failure(token, authenticator)))
            #expect([.algorithm, .signature].contains(failure(token + TokenMint.base64URL([0, 1, 2]), authenticator)))
        }
        #expect(failure(try TokenMint.unsigned("{}", TokenMint.claims(from: now)), authenticator) == .malformed)
        #expect(
            failure(try TokenMint.unsigned(#"{"alg":null}"#, TokenMint.claims(from: now)), authenticator) == .malformed)
    }

    @Test(arguments: [TokenMint.Kind.rsa, .p256])
    func takesNoPublicKeyForASecret(kind: TokenMint.Kind) async throws {
        let mint = try await TokenMint(kind)
        let body = mint.file.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
        for secret in [mint.file, mint.file + "\n", String(mint.file.dropLast()), body, "{\"keys\":[{\(mint.jwk)}]}"] {
            let token = try await TokenMint(secret: secret).token(TokenMint.claims(from: now))
            #expect(failure(token, try await authenticator(mint.file)) == .algorithm)
            #expect(failure(token, try await authenticator("{\"keys\":[{\(mint.jwk)}]}")) == .algorithm)
        }
    }

    @Test func choosesAmongSeveralKeys() async throws {
        let (rsa, p256, secret) = (try await TokenMint(.rsa), try await TokenMint(.p256), try await TokenMint(.secret))
        let second = try await TokenMint(.p256)
        let authenticator = try await authenticator(
            """
            {"keys": [{\(rsa.jwk), "kid": "r"}, {\(p256.jwk), "kid": "1"}, {\(second.jwk), "kid": "2"},
             {\(secret.jwk), "kid": "s"}, {"kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "ed"},
             {\(rsa.jwk), "alg": "RS512", "kid": "other"}, {"kty": "RSA", "use": "enc", "kid": "enc"}]}
            """)
        let claims = TokenMint.claims(from: now)
        let cases: [(TokenMint, String?, AuthenticationFailure?)] = [
            (rsa, "r", nil), (p256, "1", nil), (second, "2", nil), (secret, "s", nil), (rsa, nil, nil),
            (secret, nil, nil),
            (p256, nil, .unknownKey), (p256, "2", .signature), (p256, "r", .algorithm), (secret, "r", .algorithm),
            (rsa, "x", .unknownKey), (rsa, "other", .unknownKey), (rsa, "enc", .unknownKey), (rsa, "", .unknownKey),
        ]
        for (mint, kid, expected) in cases {
            #expect(failure(try await mint.token(claims, kid: kid), authenticator) == expected, "\(kid ?? "none")")
        }
        // Keys are changed while the node runs.
        let old = try await rsa.token(claims, kid: "r")
        authenticator.replaceKeys(try await JWTKeyFile.keys(in: Array(second.file.utf8)))
        #expect(failure(old, authenticator) == .algorithm)
        #expect(failure(try await second.token(claims), authenticator) == nil)
    }

    @Test func refusesWhatIsNoToken() async throws {
        let mint = try await TokenMint(.secret)
        let authenticator = try await authenticator(mint.file)
        let good = try await mint.token(TokenMint.claims(from: now))
        #expect(failure(nil, authenticator) == .missing)
        let huge = TokenMint.claims(from: now, changed: ["x": .string(String(repeating: "x", count: 8192))])
        #expect(failure(try await mint.token(huge), authenticator) == .tooLong)
        #expect(failure(String(repeating: ".", count: 1 << 20), authenticator) == .tooLong)
        #expect(failure(try await mint.token(TokenMint.claims(from: now), crit: true), authenticator) == .malformed)
        for text in [
            "", ".", "..", "...", "a.b.c", good + ".", good + "=", " " + good, good + "\n", "é.é.é", good + "\u{0}",
        ] {
            #expect(failure(text, authenticator) == .malformed, "\(text.debugDescription)")
        }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            var bytes = Array(good.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(UInt8.random(in: 32...126, using: &random), at: index)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            // The last character of a signature has two bits that mean nothing.
            if text.dropLast() != good.dropLast() { #expect(failure(text, authenticator) != nil, "\(text)") }
        }
    }
}
