import NIOCore
import NIOEmbedded
import NIOPosix
import Shared
import Synchronization
import TestSupport
import Testing

@testable import Worker

@Suite(.timeLimit(.minutes(1))) struct PaceTimersTests {
    private final class Bench: Sendable {
        let loop: any EventLoop
        let timers: PaceTimers
        let executor: EventLoopTaskExecutor
        let order = Mutex<[Int]>([])

        init(_ loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()) {
            self.loop = loop
            timers = PaceTimers(eventLoop: loop)
            executor = EventLoopTaskExecutor(loop)
        }

        /// Waits on the loop, and notes `name` when that is over.
        func wait(_ name: Int, until moment: NIODeadline, _ context: RequestContext) -> Task<Void, Never> {
            let pacer = Pacer(context: context, timers: timers)
            return Task(executorPreference: executor) {
                await pacer.wait(until: moment)
                self.order.withLock { $0.append(name) }
            }
        }

        func count() async throws -> Int { try await loop.submit { self.timers.count }.get() }
    }

    private let context = RequestContext(id: .random())

    @Test func momentsComeInTheirOrderAndNoneBeforeItsTime() async throws {
        // Its clock goes on when it is told to, from a time that the machine's clock does not reach meanwhile.
        let loop = NIOAsyncTestingEventLoop()
        let start = NIODeadline.now() + .hours(1)
        await loop.advanceTime(to: start)
        let bench = Bench(loop)
        let tasks = [40, 10, 30, 20, 10].map { bench.wait($0, until: start + .milliseconds(Int64($0)), context) }
        try await eventually("all wait") {
            await loop.run()
            return try await bench.count() == 5
        }
        for (moment, woken) in [(9, 0), (10, 2), (19, 2), (20, 3), (39, 4), (40, 5)] {
            await loop.advanceTime(to: start + .milliseconds(Int64(moment)))
            try await eventually("\(woken) went on after \(moment) ms") {
                await loop.run()
                return bench.order.withLock { $0.count } == woken
            }
            #expect(try await bench.count() == 5 - woken)
        }
        for task in tasks { await task.value }
        #expect(bench.order.withLock { $0 } == [10, 10, 20, 30, 40])
    }

    @Test func manyWaitForTheirOwnMoments() async throws {
        let bench = Bench()
        let start = NIODeadline.now()
        let tasks = (0..<2000).map { number in
            let moment = start + .microseconds(Int64(number % 200) * 100)
            let pacer = Pacer(context: context, timers: bench.timers)
            return Task(executorPreference: bench.executor) {
                await pacer.wait(until: moment)
                return NIODeadline.now() < moment
            }
        }
        for task in tasks { #expect(await !task.value) }
        #expect(try await bench.count() == 0)
    }

    @Test func aStopEndsAWaitAndItsMomentIsForgotten() async throws {
        let bench = Bench()
        let far = NIODeadline.now() + .hours(1)
        let contexts = (0..<200).map { _ in RequestContext(id: .random()) }
        let tasks = contexts.enumerated().map { bench.wait($0.offset, until: far, $0.element) }
        try await eventually("all wait") { try await bench.count() == 200 }
        for context in contexts { context.stopGenerating() }
        for task in tasks { await task.value }
        // An hour of it would be a leak.
        #expect(try await bench.count() <= 65)
        let still = bench.wait(-1, until: .now() + .milliseconds(1), context)
        await still.value
    }

    @Test func aCancelledTaskWaitsNoLonger() async throws {
        let bench = Bench()
        let task = bench.wait(1, until: .now() + .hours(1), context)
        try await eventually("it waits") { try await bench.count() == 1 }
        task.cancel()
        await task.value
    }
}
