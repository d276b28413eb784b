/// Who waits in a queue, and what each was told last of its place. Pure.
///
/// A place is the number of jobs that no worker has taken, up to and including one's own: 1 is the next. Jobs are numbered, so all places
/// follow from one number, that of the last job taken.
struct QueueBoard<Waiter: Hashable & Sendable>: Sendable {
    private struct Standing {
        var number: UInt64
        var told: UInt64?
    }

    private var standings: [Waiter: Standing] = [:]

    var isEmpty: Bool { standings.isEmpty }

    /// `waiter` waits for the job with this number to be taken.
    mutating func joined(_ waiter: Waiter, number: UInt64) { standings[waiter] = Standing(number: number) }

    /// The job runs, or nobody wants to know any more. Returns whether a place was told.
    @discardableResult
    mutating func left(_ waiter: Waiter) -> Bool { standings.removeValue(forKey: waiter)?.told != nil }

    /// The last job taken has this number. Returns whom to tell another place than the one it knows.
    func news(lastTaken: UInt64) -> [(waiter: Waiter, position: UInt64)] {
        standings.compactMap { waiter, standing in
            // Taken, and about to run.
            guard standing.number > lastTaken else { return nil }
            let position = standing.number - lastTaken
            return position == standing.told ? nil : (waiter, position)
        }
    }

    /// `waiter` was told its place.
    mutating func told(_ waiter: Waiter, position: UInt64) { standings[waiter]?.told = position }
}
