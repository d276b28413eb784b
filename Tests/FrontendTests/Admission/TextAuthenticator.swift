import Shared
import Synchronization

@testable import Frontend

/// Takes the owner for the token: `ada`, `ada until 10`, `root` (an operator).
final class TextAuthenticator: Authenticator {
    private let time = Mutex(Timestamp(microseconds: 0))

    var asksForTokens: Bool { true }

    /// Seconds.
    var seconds: Int64 {
        get { now.microseconds / 1_000_000 }
        set { time.withLock { $0 = Timestamp(microseconds: newValue * 1_000_000) } }
    }

    var now: Timestamp { time.withLock { $0 } }

    func authenticate(_ token: String?) throws(AuthenticationFailure) -> Identity {
        guard let token else { throw .missing }
        let words = token.split(separator: " ")
        guard let owner = words.first else { throw .malformed }
        let end = words.count == 3 ? Int64(words[2]).map { Timestamp(microseconds: $0 * 1_000_000) } : nil
        if let end, now >= end { throw .expired }
        return Identity(owner: String(owner), isOperator: owner == "root", expiresAt: end)
    }
}
