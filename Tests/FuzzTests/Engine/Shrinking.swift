/// Makes an input that fails plainer, as long as it fails.
enum Shrinking {
    /// The plainest input that was found: parts are left out, then bytes made plain, until nothing helps or `trials` are used up.
    static func shrink(_ input: [UInt8], trials: Int = 20_000, while fails: ([UInt8]) -> Bool) -> [UInt8] {
        var best = input
        var left = trials
        func accepts(_ candidate: [UInt8]) -> Bool {
            guard left > 0 else { return false }
            left -= 1
            guard fails(candidate) else { return false }
            best = candidate
            return true
        }
        var before: [UInt8]
        repeat {
            before = best
            var size = best.count
            while size > 0 {
                var start = 0
                while start < best.count {
                    let rest = Array(best[..<start] + best[min(start + size, best.count)...])
                    if !accepts(rest) { start += size }
                }
                size /= 2
            }
            for index in best.indices {
                for byte in plainBytes.prefix(while: { $0 != best[index] }) {
                    var plain = best
                    plain[index] = byte
                    if accepts(plain) { break }
                }
            }
        } while best != before && left > 0
        return best
    }

    /// The plainest first.
    private static let plainBytes = Array("0a \u{0}".utf8)
}
