/// What was measured of one stage.
package struct StageMeasurement: Hashable, Sendable, Encodable {
    package let name: String
    /// What one operation is.
    package let operation: String
    /// Nanoseconds of the processor for one operation: the median of the samples.
    package let nanoseconds: Double
    /// The same of the reference with the same bytes.
    package let referenceNanoseconds: Double
    /// The median of the ratios of the samples, each of which has its own reference beside it.
    package let ratio: Double
    /// How far the ratios lie apart: half of the distance between their quartiles, as a share of the median.
    package let spread: Double
    /// Blocks of memory asked for by one operation.
    package let allocations: Double

    package init(
        name: String, operation: String = "", nanoseconds: Double = 0, referenceNanoseconds: Double = 0, ratio: Double,
        spread: Double = 0, allocations: Double
    ) {
        self.name = name
        self.operation = operation
        self.nanoseconds = nanoseconds
        self.referenceNanoseconds = referenceNanoseconds
        self.ratio = ratio
        self.spread = spread
        self.allocations = allocations
    }
}
