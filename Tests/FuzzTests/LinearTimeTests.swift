import TestSupport
import Testing

/// Everything that reads foreign bytes takes time in proportion to their number: no input of some kilobytes keeps a node busy.
@Suite(.serialized) struct LinearTimeTests {
    /// Bytes of the smaller and of the larger input.
    private static let sizes = (small: 4 << 10, large: 64 << 10)
    /// The larger input has 16 times the bytes; where time grows with their square it takes 256 times as long.
    private static let bound = 64.0
    /// Below it nothing is said of how time grows: seconds for the larger input.
    private static let notable = 0.02

    /// A part that is repeated, between a beginning and an end: what makes readers look at the same bytes again and again.
    private struct Pattern {
        var head: [UInt8]
        var part: [UInt8]
        var tail: [UInt8]

        init(_ target: FuzzTarget, _ draw: inout Draw) {
            func piece(_ draw: inout Draw) -> [UInt8] {
                if !target.words.isEmpty, draw.one(in: 2) { return Array(draw.pick(target.words).utf8) }
                let sample = target.sample(&draw)
                let start = draw.below(sample.count + 1)
                return Array(sample[start...].prefix(draw.below(24)))
            }
            head = draw.one(in: 2) ? Array(target.sample(&draw).prefix(draw.below(200))) : piece(&draw)
            part = piece(&draw) + (draw.one(in: 2) ? piece(&draw) : [])
            if part.isEmpty { part = [draw.byte()] }
            tail = draw.one(in: 2) ? piece(&draw) : []
        }

        func input(_ size: Int) -> [UInt8] {
            var input = head
            input.reserveCapacity(size + part.count + tail.count)
            while input.count < size { input += part }
            return input + tail
        }
    }

    @Test(arguments: FuzzTarget.all.filter { $0.read != nil }) func readsInLinearTime(target: FuzzTarget) throws {
        guard FuzzProcess.Task.given == nil, FuzzSettings.current.chooses(target), let read = target.read else {
            return
        }
        func seconds(_ input: [UInt8]) -> Double {
            let start = ProcessorTime.ofThread
            read(input)
            return ProcessorTime.ofThread - start
        }
        var draw = Draw(seed: FuzzSettings.current.seed)
        let deadline = ContinuousClock.now + .seconds(FuzzSettings.current.secondsEach.patterns)
        while ContinuousClock.now < deadline {
            let pattern = Pattern(target, &draw)
            let (small, large) = (pattern.input(Self.sizes.small), pattern.input(Self.sizes.large))
            guard seconds(large) > Self.notable else { continue }
            // What disturbs a measurement makes it longer: the shortest is the best.
            let times = (0..<3).map { _ in (small: seconds(small), large: seconds(large)) }
            let ratio = (times.map(\.large).min() ?? 0) / max(times.map(\.small).min() ?? 0, 1e-6)
            #expect(
                ratio < Self.bound,
                """
                16 times the bytes took \(ratio) times as long, seed \(FuzzSettings.current.seed): \
                \(pattern.head) + n × \(pattern.part) + \(pattern.tail)
                """)
        }
    }
}
