/// Why a run could not be made.
struct LoadFailure: Error, CustomStringConvertible {
    var description: String
}
