/// Tells who speaks from what a request carries.
protocol Authenticator: Sendable {
    /// The speaker, or nil where the request proves nobody. `authorization` is the header of that name.
    func identity(authorization: String?) -> Identity?
}

/// Takes everybody for the same owner: for one host, or behind something that has asked already.
struct AnonymousAuthenticator: Authenticator {
    func identity(authorization: String?) -> Identity? { .anonymous }
}
