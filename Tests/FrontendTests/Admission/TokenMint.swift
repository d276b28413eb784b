import Foundation
import JWTKit
import Shared
import TestSupport
import Testing

@testable import Frontend

/// An issuer of tokens for a test: its own key, and the file that proves what it issues.
struct TokenMint: Sendable {
    enum Kind: CaseIterable, Sendable {
        case secret, rsa, p256
    }

    /// What stands in the key file.
    let file: String
    /// The key as an element of a JWKS, without its braces.
    let jwk: String
    private let keys: JWTKeyCollection

    static let secretText = "a secret of at least 32 bytes, 0123456789".replacing(" ", with: "-")

    init(_ kind: Kind) async throws {
        keys = JWTKeyCollection()
        switch kind {
        case .secret:
            file = Self.secretText + "\n"
            jwk = #""kty":"oct","alg":"HS256","k":"\#(Self.base64URL(Self.secretText.utf8))""#
            await keys.add(hmac: HMACKey(from: Self.secretText), digestAlgorithm: .sha256)
        case .rsa:
            let key = try Insecure.RSA.PrivateKey(pem: Self.openssl("genrsa", "2048"))
            file = key.publicKey.pemRepresentation
            let (n, e) = try key.publicKey.getKeyPrimitives()
            jwk = #""kty":"RSA","use":"sig","n":"\#(Self.base64URL(n))","e":"\#(Self.base64URL(e))""#
            await keys.add(rsa: key, digestAlgorithm: .sha256)
        case .p256:
            let key = ES256PrivateKey()
            file = key.publicKey.pemRepresentation
            let point = try #require(key.parameters)
            jwk = #""kty":"EC","crv":"P-256","x":"\#(Self.url(point.x))","y":"\#(Self.url(point.y))""#
            await keys.add(ecdsa: key)
        }
    }

    /// Signs with HS256 and whatever is taken for the secret: the confusion of key types.
    init(secret: String) async {
        keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        (file, jwk) = (secret, "")
    }

    func token(_ claims: [String: JSONValue], kid: String? = nil, crit: Bool = false) async throws -> String {
        var header = JWTHeader()
        header.kid = kid
        if crit { header.crit = ["b64"] }
        return try await keys.sign(Claims(fields: claims), header: header)
    }

    /// A token that nobody signed.
    static func unsigned(_ header: String, _ claims: [String: JSONValue]) throws -> String {
        let payload = try JSONEncoder().encode(Claims(fields: claims))
        return "\(base64URL(header.utf8)).\(base64URL(payload))."
    }

    /// The claims of a good token of `owner`, which lasts for an hour from `now`.
    static func claims(
        _ owner: String = "ada", from now: Timestamp, changed: [String: JSONValue] = [:]
    ) -> [String: JSONValue] {
        let second = now.microseconds / 1_000_000
        return ["sub": .string(owner), "exp": .integer(second + 3600), "iat": .integer(second)]
            .merging(changed) { $1 }
    }

    private struct Claims: JWTPayload {
        var fields: [String: JSONValue]

        init(fields: [String: JSONValue]) { self.fields = fields }
        init(from decoder: any Decoder) throws { fields = try .init(from: decoder) }
        func encode(to encoder: any Encoder) throws { try fields.encode(to: encoder) }
        func verify(using algorithm: some JWTAlgorithm) {}
    }

    static func openssl(_ arguments: String...) throws -> String {
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/env")
        openssl.arguments = ["openssl"] + arguments
        let output = Pipe()
        openssl.standardOutput = output
        openssl.standardError = FileHandle.nullDevice
        try openssl.start()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
        return text
    }

    static func base64URL(_ bytes: some Sequence<UInt8>) -> String { url(Data(bytes).base64EncodedString()) }

    private static func url(_ base64: String) -> String {
        base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
