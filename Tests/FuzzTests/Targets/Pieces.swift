/// The ways in which an input is cut into pieces: whatever reads it must come to the same.
enum Pieces {
    /// The whole; single bytes where there are not many; and a few that the input itself decides on.
    static func ways(of input: [UInt8]) -> [[ArraySlice<UInt8>]] {
        var draw = Draw(about: input)
        var ways = [[input[...]]]
        if input.count <= 600 { ways.append(input.indices.map { input[$0...$0] }) }
        for _ in 0..<3 {
            let longest = draw.pick([2, 5, 17, 100, input.count + 1])
            var pieces: [ArraySlice<UInt8>] = []
            var start = 0
            while start < input.count {
                let end = min(start + draw.below(longest + 1), input.count)
                pieces.append(input[start..<end])
                start = end
            }
            ways.append(pieces)
        }
        return ways
    }
}
