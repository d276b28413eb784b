/// Who speaks. Requests, messages and conversations belong to it.
struct Identity: Hashable, Sendable {
    /// What is stored as the owner.
    var owner: String

    /// Everybody, where nobody has to say who they are.
    static let anonymous = Identity(owner: "anonymous")
}
