import Shared

/// Tells who speaks from the token that they show. May be used from any thread.
protocol Authenticator: Sendable {
    /// Whether somebody without a token is nobody.
    var asksForTokens: Bool { get }

    /// The time by which tokens begin and end.
    var now: Timestamp { get }

    /// The speaker. Costs the check of a signature; waits for nothing.
    func authenticate(_ token: String?) throws(AuthenticationFailure) -> Identity
}

/// Takes everybody for the same owner: for one host, or behind something that has asked already.
struct AnonymousAuthenticator: Authenticator {
    var asksForTokens: Bool { false }
    var now: Timestamp { .now() }

    func authenticate(_ token: String?) -> Identity { .anonymous }
}
