private import NIOCore
private import Shared

/// Counts: chunk n is the decimal n and one space, from 0, one per interval. The backend of the demo and of load tests.
///
/// Parameters: `count`, how many numbers (1000; 0 to 10,000,000); `interval_ms`, the time between two numbers (100; 0 to
/// 3,600,000, fractions allowed). The first number comes at once, number n when n intervals have passed, however late the one
/// before it was; but of what it is more than a second late for, as after a suspension of the process, it makes up for nothing. It
/// goes on with the next number when it continues a broken attempt.
///
/// `timestamps` (false): whether a number tells when it was said. Chunk n is then `<n>@<t>` and one space, where t is the wall clock of
/// this host in microseconds since 1970: whoever reads it on the same host knows how long it was under way.
package struct CountGenerator: TokenGenerator {
    package static let countRange = 0...10_000_000
    package static let defaultCount = 1000
    package static let intervalRange = 0.0...3_600_000.0

    package var name: String { "count" }

    package init() {}

    package func generate(
        _ request: GenerationRequest, context: RequestContext, on shard: Shard
    ) throws -> CountSequence {
        let parameters = request.job.parameters
        var count = Self.defaultCount
        if let value = parameters["count"] {
            guard let number = value.int, Self.countRange.contains(number) else {
                throw GenerationError(
                    .invalidRequest,
                    "parameters.count must be a whole number between 0 and \(Self.countRange.upperBound)")
            }
            count = number
        }
        var interval = 100.0
        if let value = parameters["interval_ms"] {
            guard let number = value.double, Self.intervalRange.contains(number) else {
                throw GenerationError(
                    .invalidRequest,
                    "parameters.interval_ms must be a number between 0 and \(Int(Self.intervalRange.upperBound))")
            }
            interval = number
        }
        var timestamps = false
        if let value = parameters["timestamps"] {
            guard case .bool(let flag) = value else {
                throw GenerationError(.invalidRequest, "parameters.timestamps must be true or false")
            }
            timestamps = flag
        }
        return CountSequence(
            numbers: min(request.tokensSoFar, count)..<count, interval: .nanoseconds(Int64(interval * 1_000_000)),
            timestamps: timestamps, context: context, timers: shard.timers)
    }
}

/// The numbers of one request. Each is made when it is asked for.
package struct CountSequence: AsyncSequence {
    package typealias Element = GenerationStep
    package typealias Failure = any Error

    fileprivate let numbers: Range<Int>
    fileprivate let interval: TimeAmount
    fileprivate let timestamps: Bool
    fileprivate let context: RequestContext
    fileprivate let timers: PaceTimers

    package func makeAsyncIterator() -> Iterator {
        Iterator(
            number: numbers.lowerBound, end: numbers.upperBound, timestamps: timestamps, context: context,
            pace: Pace(interval: interval, from: .now()),
            pacer: interval > .zero ? Pacer(context: context, timers: timers) : nil)
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate var number: Int
        fileprivate let end: Int
        fileprivate let timestamps: Bool
        fileprivate let context: RequestContext
        fileprivate var pace: Pace
        fileprivate let pacer: Pacer?
        fileprivate var isDone = false

        package mutating func next() async throws -> GenerationStep? {
            guard !isDone, !context.isStopped else { return nil }
            guard number < end else {
                isDone = true
                return .end(.finished(reason: "stop", usage: nil))
            }
            if let pacer {
                await pacer.wait(until: pace.due)
                guard !context.isStopped else { return nil }
                try Task.checkCancellation()
                pace.advance(now: .now())
            }
            defer { number += 1 }
            return .token(GeneratedToken(timestamps ? "\(number)@\(Timestamp.now().microseconds) " : "\(number) "))
        }
    }
}
