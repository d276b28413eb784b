package import NIOCore

/// Runs the tasks of jobs on one event loop, so that a generator, its timers and the broker it writes to never leave their
/// thread. What blocks in such a task blocks every job and connection of the loop.
package final class EventLoopTaskExecutor: TaskExecutor {
    /// Where the tasks run.
    package let eventLoop: any EventLoop

    /// An executor for `eventLoop`.
    package init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Runs a piece of a task in the next turn of the loop. Pieces run in the order they came.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
