/// Why JSON text could not be read, or is not what it should be.
package struct JSONError: Error, Hashable, Sendable {
    package enum Problem: Hashable, Sendable {
        /// It is not JSON.
        case malformed
        /// It breaks the bounds of its reader on values or depth.
        case excessive
        /// A string with half a pair of surrogates, or a number that is too large or too small.
        case unrepresentable
        /// A member that has to be there is not.
        case missing
        /// A value is not what it must be, such as "a string".
        case wrong(String)
    }

    package var problem: Problem
    /// The name of the member in question, in the object that has it.
    package var field: String?

    init(_ problem: Problem, field: StaticString? = nil) {
        self.problem = problem
        self.field = field.map { $0.withUTF8Buffer { String(decoding: $0, as: UTF8.self) } }
    }

    /// The same, as seen from the object whose member `outer` is the object that it names a member of.
    func inside(_ outer: String) -> JSONError {
        var error = self
        error.field = field.map { "\(outer).\($0)" } ?? outer
        return error
    }
}
