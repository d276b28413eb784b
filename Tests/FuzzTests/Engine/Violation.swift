/// A property does not hold of an input.
struct Violation: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Throws unless `condition` holds.
func demand(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    guard condition else { throw Violation(what()) }
}

/// Throws unless both are the same.
func demandEqual<Value: Equatable>(_ left: Value, _ right: Value, _ what: @autoclosure () -> String) throws {
    guard left == right else { throw Violation("\(what())\n  here:  \(left)\n  there: \(right)") }
}
