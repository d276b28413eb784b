package import NIOCore
private import Synchronization

/// Counts times by size on one event loop, for any thread to read. Recording costs a search among the bounds and two loads and stores.
/// Of times recorded on two threads at once one is lost.
package final class LoopHistogram: Sendable {
    /// Upper bounds in nanoseconds.
    private let bounds: [Int64]
    /// One number per bound, one for what lies above, and the sum in nanoseconds. Immutable as a pointer, freed with the histogram; the
    /// numbers are atomics.
    private nonisolated(unsafe) let numbers: UnsafeMutablePointer<Atomic<Int64>>

    /// A histogram; `bounds`, in seconds, must not be empty and must grow.
    init(bounds: [Double]) {
        self.bounds = bounds.map { Int64(($0 * 1e9).rounded()) }
        numbers = .allocate(capacity: bounds.count + 2)
        for index in 0..<bounds.count + 2 { (numbers + index).initialize(to: Atomic(0)) }
    }

    deinit {
        numbers.deinitialize(count: bounds.count + 2)
        numbers.deallocate()
    }

    /// Records a time; one below zero counts as none. On its event loop only.
    package func record(_ time: TimeAmount) {
        let nanoseconds = max(time.nanoseconds, 0)
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if nanoseconds <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        add(1, at: low)
        add(nanoseconds, at: bounds.count + 1)
    }

    /// How many times there are in each bucket, the one above all bounds included, and their sum in seconds. From any thread.
    func snapshot() -> (counts: [UInt64], sum: Double) {
        let counts = (0...bounds.count).map { UInt64(bitPattern: numbers[$0].load(ordering: .relaxed)) }
        return (counts, Double(numbers[bounds.count + 1].load(ordering: .relaxed)) / 1e9)
    }

    private func add(_ amount: Int64, at index: Int) {
        numbers[index].store(numbers[index].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
}
