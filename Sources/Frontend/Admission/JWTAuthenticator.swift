import Shared
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Tells who speaks from a signed JSON Web Token (RFC 7519). May be used from any thread.
///
/// A token must be signed by one of the keys with that key's own algorithm (`none` is none), name its owner (`sub`) and its end
/// (`exp`), have begun (`nbf`, where it has one), and be for us (`aud`) from whom we trust (`iss`) where that is configured.
final class JWTAuthenticator: Authenticator {
    struct Policy: Hashable, Sendable {
        /// Of which a token must have one; empty: any will do.
        var audiences: Set<String> = []
        /// Nil: any will do.
        var issuer: String?
        /// How far the issuer's clock and ours may be apart, in microseconds.
        var leeway: Int64 = 0
    }

    /// Bytes of the longest owner.
    static let maximumOwnerBytes = 256

    private let policy: Policy
    private let clock: @Sendable () -> Timestamp
    private let keys: Mutex<[JWTKey]>

    init(keys: [JWTKey], policy: Policy, clock: @escaping @Sendable () -> Timestamp = { .now() }) {
        self.policy = policy
        self.clock = clock
        self.keys = Mutex(keys)
    }

    var asksForTokens: Bool { true }
    var now: Timestamp { clock() }

    /// Tokens of keys that are gone are refused from now on; who has shown one before stays until it ends.
    func replaceKeys(_ new: [JWTKey]) { keys.withLock { $0 = new } }

    func authenticate(_ token: String?) throws(AuthenticationFailure) -> Identity {
        guard let token else { throw .missing }
        guard token.utf8.count <= BearerToken.maximumBytes else { throw .tooLong }
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header: Header = Self.decode(parts[0]),
            let signature = Base64URL.decode(parts[2])
        else { throw .malformed }
        // An extension that must be understood is not.
        guard header.crit == nil else { throw .malformed }
        let key = try key(for: header)
        guard key.proves(signature, of: Array(token.utf8.prefix(parts[0].count + 1 + parts[1].count))) else {
            throw .signature
        }
        guard let claims: JWTClaims = Self.decode(parts[1]) else { throw .malformed }
        return try identity(claims)
    }

    private struct Header: Decodable {
        var alg: String
        var kid: String?
        var crit: JSONValue?
    }

    /// The key that a token names; of a token that names none, the only one of its algorithm. A key without a name serves any.
    private func key(for header: Header) throws(AuthenticationFailure) -> JWTKey {
        let candidates = keys.withLock { keys in
            guard let kid = header.kid else { return keys }
            let named = keys.filter { $0.id == kid }
            return named.isEmpty ? keys.filter { $0.id == nil } : named
        }
        guard !candidates.isEmpty else { throw .unknownKey }
        let fitting = candidates.filter { $0.algorithm.rawValue == header.alg }
        guard let key = fitting.first else { throw .algorithm }
        guard fitting.count == 1 else { throw .unknownKey }
        return key
    }

    private func identity(_ claims: JWTClaims) throws(AuthenticationFailure) -> Identity {
        guard let owner = claims.subject, (1...Self.maximumOwnerBytes).contains(owner.utf8.count),
            owner.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), let expires = claims.expires
        else { throw .claims }
        let now = now
        let end = Timestamp(microseconds: expires.microseconds + policy.leeway)
        guard now < end else { throw .expired }
        if let start = claims.notBefore, now.microseconds + policy.leeway < start.microseconds { throw .notYetValid }
        if let issuer = policy.issuer, claims.issuer != issuer { throw .issuer }
        if !policy.audiences.isEmpty, policy.audiences.isDisjoint(with: claims.audiences) { throw .audience }
        return Identity(owner: owner, isOperator: claims.isOperator, expiresAt: end)
    }

    private static func decode<Value: Decodable>(_ part: some Sequence<UInt8>) -> Value? {
        Base64URL.decode(part).flatMap { try? JSONDecoder().decode(Value.self, from: Data($0)) }
    }
}
