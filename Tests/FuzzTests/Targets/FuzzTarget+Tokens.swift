import Dispatch
import Foundation
import JWTKit
import Shared
import Synchronization

@testable import Frontend

extension FuzzTarget {
    /// The tokens by which clients say who they are. Only one that was issued is accepted.
    static let bearerTokens = FuzzTarget(
        name: "bearerTokens", maximumBytes: 600,
        words: [".", "..", "=", "A", "eyJhbGciOiJub25lIn0", "Bearer ", "bearer  ", "bearer."] + IssuedTokens.shared.all,
        sample: { draw in
            let token = draw.pick(IssuedTokens.shared.all)
            return Array(((draw.one(in: 3) ? "Bearer " : "") + token).utf8)
        },
        read: { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            _ = (BearerToken.authorization(text), BearerToken.subprotocol([text]))
            _ = try? IssuedTokens.shared.authenticator.authenticate(text)
        },
        check: { input in
            let text = String(decoding: input, as: UTF8.self)
            for token in [text, BearerToken.authorization(text), BearerToken.subprotocol([text])].compactMap(\.self) {
                do throws(AuthenticationFailure) {
                    let identity = try IssuedTokens.shared.authenticator.authenticate(token)
                    try issued(token, identity)
                } catch {}
            }
            if let token = BearerToken.authorization(text) {
                try demand(!token.isEmpty && !token.contains(" "), "the token is \(token)")
            }
            try demandEqual(Base64URL.decode(input), expectedBytes(input), "base64url")
        })

    private static func issued(_ token: String, _ identity: Identity) throws(AuthenticationFailure) {
        precondition(
            IssuedTokens.shared.accepted.contains(token), "a token that nobody issued is accepted as \(identity)")
    }

    /// As Foundation decodes it; what Foundation would not encode so is refused.
    private static func expectedBytes(_ input: [UInt8]) -> [UInt8]? {
        let text = String(decoding: input, as: UTF8.self)
        guard text.utf8.elementsEqual(input), !text.contains(where: { "+/=".contains($0) || $0.isWhitespace }) else {
            return nil
        }
        let base64 = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let padded = base64 + String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard base64.utf8.count % 4 != 1, let data = Data(base64Encoded: padded) else { return nil }
        return data.base64EncodedString() == padded ? Array(data) : nil
    }

    /// What a token says.
    static let claims = FuzzTarget(
        name: "claims",
        words: [
            "\"sub\":", "\"exp\":", "\"nbf\":", "\"aud\":", "\"iss\":", "\"scope\":", "\"scp\":", "\"penstock_role\":",
            "\"operator\"", "\"penstock:operate\"",
            "1e308", "-1e308", "[", "]", "{", "}", ",", "null", "9223372036854775808",
        ],
        sample: { draw in
            let values: [String: JSONValue] = [
                "sub": .string(draw.text()), "exp": draw.pick([.integer(draw.integer()), .number(1e300), .null]),
                "nbf": .integer(draw.integer()),
                "aud": draw.pick([.string("a"), .array([.string("a"), .string("b")]), draw.json()]),
                "scope": draw.pick([.string("x penstock:operate"), .string("penstock:operated"), draw.json()]),
                "penstock_role": draw.pick([.string("operator"), .string("user"), draw.json()]),
            ]
            return (try? JSONEncoder().encode(values)).map { Array($0) } ?? []
        },
        read: { bytes in _ = try? JSONDecoder().decode(JWTClaims.self, from: Data(bytes)) },
        check: { input in
            guard let claims = try? JSONDecoder().decode(JWTClaims.self, from: Data(input)) else { return }
            guard let tree = JSONTree(input), !tree.isContested else { return }
            try demandEqual(claims.subject, tree["sub"]?.text, "the owner")
            for moment in [claims.expires, claims.notBefore].compactMap(\.self) {
                try demand(Timestamp(iso8601: moment.iso8601) == moment, "\(moment.microseconds) can be shown")
            }
            let scopes = [tree["scope"], tree["scp"]].flatMap { value in
                if case .array(let list)? = value {
                    return list.allSatisfy { $0.text != nil } ? list.compactMap(\.text) : []
                }
                return [value?.text].compactMap(\.self)
            }
            let isOperator =
                tree["penstock_role"] == .string("operator")
                || scopes.contains { $0.components(separatedBy: " ").contains("penstock:operate") }
            try demandEqual(claims.isOperator, isOperator, "whether it is an operator's")
        })
}

/// Tokens of an issuer, made once.
private struct IssuedTokens: Sendable {
    static let shared = blocking { await IssuedTokens() }

    let authenticator: JWTAuthenticator
    let all: [String]
    /// Those that are good.
    let accepted: Set<String>

    private static let secret = "a-secret-of-at-least-32-bytes-0123456789"

    private init() async {
        let now = Timestamp(microseconds: 1_800_000_000_000_000)
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: Self.secret), digestAlgorithm: .sha256)
        let foreign = JWTKeyCollection()
        await foreign.add(hmac: HMACKey(from: "another" + Self.secret), digestAlgorithm: .sha256)
        var good: [String] = []
        for claims: [String: JSONValue] in [
            ["sub": .string("ada"), "exp": .integer(1_800_000_100)],
            ["sub": .string("bob"), "exp": .integer(1_900_000_000), "scope": .string("penstock:operate")],
        ] {
            if let token = try? await keys.sign(Claims(fields: claims)) { good.append(token) }
        }
        var bad = ["eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEiLCJleHAiOjE4MDAwMDAxMDB9."]
        for claims: [String: JSONValue] in [
            ["sub": .string("ada"), "exp": .integer(1)], ["sub": .string("ada")], ["exp": .integer(1_800_000_100)],
            ["sub": .string(""), "exp": .integer(1_800_000_100)],
        ] {
            if let token = try? await keys.sign(Claims(fields: claims)) { bad.append(token) }
        }
        if let token = try? await foreign.sign(Claims(fields: ["sub": .string("ada"), "exp": .integer(1_800_000_100)]))
        {
            bad.append(token)
        }
        let key = try? await JWTKey.secret(Array(Self.secret.utf8))
        authenticator = JWTAuthenticator(keys: [key].compactMap(\.self), policy: .init()) { now }
        (all, accepted) = (good + bad, Set(good))
        precondition(good.allSatisfy { (try? authenticator.authenticate($0)) != nil } && good.count == 2)
    }

    private struct Claims: JWTPayload {
        var fields: [String: JSONValue]

        init(fields: [String: JSONValue]) { self.fields = fields }
        init(from decoder: any Decoder) throws { fields = try .init(from: decoder) }
        func encode(to encoder: any Encoder) throws { try fields.encode(to: encoder) }
        func verify(using algorithm: some JWTAlgorithm) {}
    }

    /// Waits for what can only be made by a task, where properties, which are not asynchronous, need it.
    private static func blocking(_ make: @escaping @Sendable () async -> IssuedTokens) -> IssuedTokens {
        let box = Box()
        let done = DispatchSemaphore(value: 0)
        // Unstructured, because who asks is not a task.
        Task.detached {
            let tokens = await make()
            box.value.withLock { $0 = tokens }
            done.signal()
        }
        done.wait()
        guard let tokens = box.value.withLock({ $0 }) else { preconditionFailure("nothing was made") }
        return tokens
    }

    private final class Box: Sendable {
        let value = Mutex<IssuedTokens?>(nil)
    }
}
