import Foundation

/// The file with the keys that prove tokens: a public key or certificate (PEM), a set of keys (JWKS), or a secret.
///
/// What it holds is told by its form, and what it is must be beyond doubt: a public key, which anybody may know, is never taken for
/// a secret.
struct JWTKeyFile: Hashable, Sendable {
    let path: String

    /// Bytes of the longest file, and keys of the longest set.
    static let maximumBytes = 256 * 1024
    static let maximumKeys = 64

    /// What the file holds now.
    func contents() throws(JWTKeyError) -> [UInt8] {
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            guard data.count <= Self.maximumBytes else { throw JWTKeyError("the file has more than 256 KiB") }
            return Array(data)
        } catch let error as JWTKeyError {
            throw error
        } catch {
            throw JWTKeyError("the file cannot be read: \(error.localizedDescription)")
        }
    }

    /// The keys in `contents`, at least one.
    static func keys(in contents: [UInt8]) async throws(JWTKeyError) -> [JWTKey] {
        guard let text = String(validating: contents, as: UTF8.self) else {
            throw JWTKeyError("the file is not text: write a secret of bytes as base64:…")
        }
        do {
            if text.contains("-----BEGIN") { return [try await pem(text)] }
            let trimmed = text.drop { $0.isWhitespace }
            if trimmed.first == "{" { return try await JWKS.keys(in: contents) }
            return [try await secret(text)]
        } catch let error as JWTKeyError {
            throw error
        } catch {
            throw JWTKeyError("a key cannot be used: \(error)")
        }
    }

    private static func pem(_ text: String) async throws -> JWTKey {
        guard !text.contains("PRIVATE KEY-----") else {
            throw JWTKeyError("the file holds a private key: only the public one belongs here")
        }
        guard text.split(separator: "-----BEGIN", omittingEmptySubsequences: false).count == 2 else {
            throw JWTKeyError("the file holds several PEM blocks: put several keys into a JWKS file")
        }
        return try await JWTKey.pem(text)
    }

    private static func secret(_ text: String) async throws -> JWTKey {
        var text = Substring(text)
        while let last = text.last, last.isNewline { text.removeLast() }
        if text.hasPrefix("base64:") {
            guard let data = bytes(base64: text.dropFirst("base64:".count)) else {
                throw JWTKeyError("what follows base64: is not base64")
            }
            return try await JWTKey.secret(data)
        }
        guard !text.contains(where: \.isWhitespace) else {
            throw JWTKeyError("the file is no PEM block and no JWKS, and a secret has no white space")
        }
        if let data = bytes(base64: text), data.count > 64, data.starts(with: [0x30]) {
            // DER begins so: what a PEM block holds.
            throw JWTKeyError("the file looks like a key without the BEGIN and END lines of PEM")
        }
        return try await JWTKey.secret(Array(text.utf8))
    }

    /// Either alphabet, padded or not.
    private static func bytes(base64 text: Substring) -> [UInt8]? {
        let bytes = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }.reversed().map { byte in
            byte == UInt8(ascii: "+") ? UInt8(ascii: "-") : byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
        }
        return Base64URL.decode(bytes)
    }
}
