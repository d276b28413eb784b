import Benchmarking
import CAllocationCounter

/// The allocations of the calling thread, from the malloc that this program brings along.
enum AllocationCounter {
    static func count() -> UInt64 { penstock_allocation_count() }

    private final class Block {
        var value: UInt64 = 1
    }

    /// Throws where it does not count: a count of 0 that means nothing is worse than none.
    static func check() throws {
        // The first time the runtime makes what it keeps for good, too.
        _ = countBlocks()
        let counted = countBlocks()
        guard counted == 101 else {
            throw StageFailure("allocations cannot be counted here: \(counted) instead of 101")
        }
    }

    /// Those of a hundred objects and of an array, which the runtime of Swift makes.
    private static func countBlocks() -> UInt64 {
        let before = count()
        var blocks: [Block] = []
        blocks.reserveCapacity(100)
        for _ in 0..<100 { blocks.append(Block()) }
        let counted = count() - before
        keep(blocks.reduce(0) { $0 + $1.value })
        return counted
    }
}
