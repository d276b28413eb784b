/// Why something could not be measured.
struct BarsFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
