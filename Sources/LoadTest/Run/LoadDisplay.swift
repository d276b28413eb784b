/// Whoever shows how a run goes.
protocol LoadDisplay: Sendable {
    /// Connections are made.
    func connecting(_ ready: Int, of count: Int)
    /// A second is over.
    func second(_ second: Second, of record: Record)
    /// The load is over, and it is looked whether all is as it must be.
    func checking()
}
