import JWTKit

/// A key that proves tokens by one algorithm, and by no other: what kind of key it is decides, never what a token says.
///
/// The only file that knows of JWTKit.
struct JWTKey: Sendable {
    enum Algorithm: String, Hashable, Sendable {
        case hs256 = "HS256"
        case rs256 = "RS256"
        case es256 = "ES256"
    }

    /// Bytes of the shortest secret: as many as the hash has (RFC 7518, section 3.2).
    static let minimumSecretBytes = 32

    /// The `kid` that tokens name it by; nil where it has none.
    let id: String?
    let algorithm: Algorithm
    private let verifier: any JWTAlgorithm

    private init(_ id: String?, _ algorithm: Algorithm, _ fill: (JWTKeyCollection) async -> Void) async throws {
        let keys = JWTKeyCollection()
        await fill(keys)
        self.id = id
        self.algorithm = algorithm
        verifier = try await keys.getKey()
    }

    /// A secret that the issuer has, too.
    static func secret(_ bytes: [UInt8], id: String? = nil) async throws -> JWTKey {
        guard bytes.count >= minimumSecretBytes else { throw JWTKeyError("a secret has at least 32 bytes") }
        return try await JWTKey(id, .hs256) { await $0.add(hmac: HMACKey(from: bytes), digestAlgorithm: .sha256) }
    }

    /// A public key of RSA or of the curve P-256, or the certificate of one.
    static func pem(_ text: String) async throws -> JWTKey {
        let isCertificate = text.contains("-----BEGIN CERTIFICATE-----")
        if let key = try? isCertificate ? ES256PublicKey(certificate: text) : ES256PublicKey(pem: text) {
            return try await JWTKey(nil, .es256) { await $0.add(ecdsa: key) }
        }
        if let key = try? isCertificate
            ? Insecure.RSA.PublicKey(certificatePEM: text) : Insecure.RSA.PublicKey(pem: text)
        {
            return try await rsa(key, id: nil)
        }
        throw JWTKeyError("the PEM block is neither a public key of RSA (2048 bits or more) nor one of the curve P-256")
    }

    /// A public key of RSA, its numbers in base64url.
    static func rsa(modulus: String, exponent: String, id: String?) async throws -> JWTKey {
        try await rsa(Insecure.RSA.PublicKey(modulus: modulus, exponent: exponent), id: id)
    }

    private static func rsa(_ key: Insecure.RSA.PublicKey, id: String?) async throws -> JWTKey {
        try await JWTKey(id, .rs256) { await $0.add(rsa: key, digestAlgorithm: .sha256) }
    }

    /// A public key of the curve P-256, its coordinates in base64url.
    static func p256(x: String, y: String, id: String?) async throws -> JWTKey {
        let key = try ES256PublicKey(parameters: (x: x, y: y))
        return try await JWTKey(id, .es256) { await $0.add(ecdsa: key) }
    }

    /// Whether `signature` was made of `text` with this key.
    func proves(_ signature: [UInt8], of text: [UInt8]) -> Bool {
        (try? verifier.verify(signature, signs: text)) ?? false
    }
}

/// Why a file holds no keys.
struct JWTKeyError: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
