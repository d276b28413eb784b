import Shared

/// Who speaks. Requests, messages and conversations belong to it.
struct Identity: Hashable, Sendable {
    /// What is stored as the owner. Never empty.
    var owner: String
    /// Whether it may stop, read and list what belongs to others.
    var isOperator = false
    /// When what proved it ends; nil: never.
    var expiresAt: Timestamp?

    /// Everybody, where nobody has to say who they are.
    static let anonymous = Identity(owner: "anonymous")

    /// The owner whose things it may touch; nil: everybody's.
    var scope: String? { isOperator ? nil : owner }

    /// As whom it stops requests.
    var stopSource: StopIntent.Source { isOperator ? .operator : .user }

    /// Whether it may touch what belongs to `owner`.
    func mayTouch(_ owner: String) -> Bool { isOperator || self.owner == owner }
}
