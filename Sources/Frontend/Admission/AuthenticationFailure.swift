/// Why a token proves nobody. The raw value is safe as a metric label.
enum AuthenticationFailure: String, Error, Hashable, Sendable, CaseIterable {
    /// There is no token.
    case missing
    /// It is longer than a token may be.
    case tooLong = "too_long"
    /// It is not a signed JSON Web Token, or a claim that is looked at is not of its type.
    case malformed
    /// It is signed with something else than what its key is for.
    case algorithm
    /// None of the keys is the one it names.
    case unknownKey = "unknown_key"
    case signature
    case expired
    case notYetValid = "not_yet_valid"
    case audience
    case issuer
    /// It does not say whose it is, or when it ends.
    case claims

    /// What a client is told: enough to get a better token, nothing of the keys.
    var message: String {
        switch self {
        case .missing: "say who you are"
        case .tooLong: "the token is too long"
        case .expired: "the token has expired"
        case .notYetValid: "the token is not valid yet"
        case .malformed, .algorithm, .unknownKey, .signature, .audience, .issuer, .claims: "the token is not accepted"
        }
    }

    /// The `WWW-Authenticate` header (RFC 6750, section 3).
    var challenge: String {
        self == .missing ? "Bearer" : "Bearer error=\"invalid_token\", error_description=\"\(message)\""
    }
}
