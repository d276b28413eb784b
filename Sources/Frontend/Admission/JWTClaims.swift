import Shared

/// The claims of a token that are looked at (RFC 7519, section 4.1, and our own). Those of another type than theirs throw.
struct JWTClaims: Decodable {
    var subject: String?
    var expires: Timestamp?
    var notBefore: Timestamp?
    var issuer: String?
    var audiences: [String]
    /// Whether it is an operator's: `penstock_role` is `operator`, or a scope is `penstock:operate`.
    var isOperator: Bool

    enum CodingKeys: String, CodingKey {
        case sub, exp, nbf, iss, aud, scope, scp
        case role = "penstock_role"
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        subject = try values.decodeIfPresent(String.self, forKey: .sub)
        expires = try values.decodeIfPresent(Double.self, forKey: .exp).map(Self.time)
        notBefore = try values.decodeIfPresent(Double.self, forKey: .nbf).map(Self.time)
        issuer = try values.decodeIfPresent(String.self, forKey: .iss)
        audiences = try values.decodeIfPresent(OneOrMore.self, forKey: .aud)?.texts ?? []
        // Whatever else an issuer puts there, it makes nobody an operator.
        var scopes: [Substring] = []
        for key in [CodingKeys.scope, .scp] {
            guard let texts = try? values.decode(OneOrMore.self, forKey: key).texts else { continue }
            scopes += texts.flatMap { $0.split(separator: " ") }
        }
        let role = try? values.decode(String.self, forKey: .role)
        isOperator = role == "operator" || scopes.contains("penstock:operate")
    }

    /// Seconds since 1970, as far as the year 9999.
    private static func time(_ seconds: Double) -> Timestamp {
        Timestamp(microseconds: Int64(min(max(seconds, 0), 253_402_300_799) * 1_000_000))
    }
}

/// A string, or a list of them.
private struct OneOrMore: Decodable {
    var texts: [String]

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) { texts = [text] } else { texts = try value.decode([String].self) }
    }
}
