package import NIOCore
import Shared

/// Runs the tasks of jobs on one event loop, so that a generator, its timers and the broker it writes to never leave their
/// thread. What blocks in such a task blocks every job and connection of the loop.
///
/// - Order: pieces of tasks run in the order they came.
/// - Fairness: after `slice` of them the connections of the loop have their turn, however much is left: generators that never wait
///   delay a stop by about a slice. That needs the turns of the loop; without them, what is left goes on in the same turn.
///
/// `@unchecked Sendable`: its state is touched on its event loop only.
package final class EventLoopTaskExecutor: TaskExecutor, @unchecked Sendable {
    /// How long pieces run before the connections have their turn; a piece is not interrupted.
    static let slice = TimeAmount.microseconds(500)

    /// Longer than the loop takes to see that there is nothing else to do in this turn.
    private static let pause = TimeAmount.microseconds(10)

    /// Where the tasks run.
    package let eventLoop: any EventLoop

    private let knowsTurns: Bool
    private var turn = 0
    /// Pieces run, or will without being asked to.
    private var isRunning = false
    private var pieces = FIFO<UnownedJob>()

    /// An executor for `eventLoop`, whose `turns` are watched where given: then it must be the only one for this loop.
    package init(_ eventLoop: any EventLoop, turns: EventLoopTurns? = nil) {
        self.eventLoop = eventLoop
        knowsTurns = turns != nil
        turns?.onEnd(of: eventLoop) { self.turn &+= 1 }
    }

    /// Runs a piece of a task when those that came before have run.
    package func enqueue(_ job: consuming ExecutorJob) {
        let piece = UnownedJob(job)
        if eventLoop.inEventLoop { append(piece) } else { eventLoop.execute { self.append(piece) } }
    }

    private func append(_ piece: UnownedJob) {
        pieces.append(piece)
        guard !isRunning else { return }
        isRunning = true
        eventLoop.execute { self.run() }
    }

    private func run() {
        let end = NIODeadline.now() + Self.slice
        let executor = asUnownedTaskExecutor()
        while let piece = pieces.popFirst() {
            piece.runSynchronously(on: executor)
            guard NIODeadline.now() < end else { break }
        }
        if pieces.isEmpty {
            isRunning = false
        } else if knowsTurns {
            goOn(after: turn)
        } else {
            eventLoop.execute { self.run() }
        }
    }

    /// Goes on in the turn behind this one. The loop looks at its connections between the two, and does not rest as long as something
    /// is to be done soon.
    ///
    /// A loop that is slower than `pause` runs this in the same turn: then it waits twice as long.
    private func goOn(after turn: Int, pause: TimeAmount = EventLoopTaskExecutor.pause) {
        eventLoop.assumeIsolated().scheduleTask(in: pause) {
            if self.turn == turn { self.goOn(after: turn, pause: pause * 2) } else { self.run() }
        }
    }
}
