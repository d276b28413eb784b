/// A stage did not do what it is measured for.
package struct StageFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
