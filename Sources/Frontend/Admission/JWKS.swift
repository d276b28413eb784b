#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A JSON Web Key Set (RFC 7517), or one JSON Web Key.
///
/// Keys for other purposes and algorithms may stand in it and are passed over; a key that is meant for us and cannot be read is an
/// error.
enum JWKS {
    private struct File: Decodable {
        var keys: [Entry]

        enum CodingKeys: String, CodingKey { case keys }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            keys =
                values.contains(.keys) ? try values.decode([Entry].self, forKey: .keys) : [try Entry(from: decoder)]
        }
    }

    private struct Entry: Decodable {
        var kty: String
        var alg: String?
        var use: String?
        var kid: String?
        var crv: String?
        var n: String?
        var e: String?
        var x: String?
        var y: String?
        var k: String?
    }

    static func keys(in contents: [UInt8]) async throws -> [JWTKey] {
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: Data(contents))
        } catch {
            throw JWTKeyError("the file is not a JSON Web Key Set")
        }
        guard file.keys.count <= JWTKeyFile.maximumKeys else {
            throw JWTKeyError("the set has more than \(JWTKeyFile.maximumKeys) keys")
        }
        var keys: [JWTKey] = []
        for entry in file.keys {
            do {
                if let key = try await key(entry) { keys.append(key) }
            } catch {
                throw JWTKeyError("the key \(entry.kid.map { "\"\($0.prefix(64))\"" } ?? "without kid"): \(error)")
            }
        }
        guard !keys.isEmpty else {
            throw JWTKeyError("the set has no key for signatures by RS256, ES256 or HS256")
        }
        guard Set(keys.compactMap(\.id)).count == keys.count(where: { $0.id != nil }) else {
            throw JWTKeyError("the set has two keys of one kid")
        }
        return keys
    }

    private static func key(_ entry: Entry) async throws -> JWTKey? {
        guard entry.use ?? "sig" == "sig" else { return nil }
        switch (entry.kty, entry.alg) {
        case ("RSA", nil), ("RSA", "RS256"):
            guard let n = entry.n, let e = entry.e else { throw JWTKeyError("n or e is missing") }
            return try await JWTKey.rsa(modulus: n, exponent: e, id: entry.kid)
        case ("EC", nil), ("EC", "ES256"):
            guard entry.crv == "P-256" else { return nil }
            guard let x = entry.x, let y = entry.y else { throw JWTKeyError("x or y is missing") }
            return try await JWTKey.p256(x: x, y: y, id: entry.kid)
        case ("oct", nil), ("oct", "HS256"):
            guard let secret = entry.k.flatMap({ Base64URL.decode($0.utf8) }) else {
                throw JWTKeyError("k is missing, or not base64url")
            }
            return try await JWTKey.secret(secret, id: entry.kid)
        default:
            return nil
        }
    }
}
