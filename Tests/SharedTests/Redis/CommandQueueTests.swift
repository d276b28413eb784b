import Shared
import Testing

@Suite struct CommandQueueTests {
    private typealias Queue = CommandQueue<String, String>

    private func entry(_ name: String, deadline: Int64 = .max, bytes: Int = 10, commands: Int = 1) -> Queue.Entry {
        Queue.Entry(deadline: deadline, bytes: bytes, commands: commands, completion: name)
    }

    @Test func repliesAreForTheOldestCommand() {
        var queue = Queue(maximumCommands: 10, maximumBytes: 100)
        queue.sent(entry("a", commands: 2))
        queue.sent(entry("b"))
        let answers = [queue.replied(), queue.replied(), queue.replied()].map {
            $0.map { "\($0.completion)\($0.index)" }
        }
        #expect(answers == ["a0", "a1", "b0"])
        let nobody = queue.replied()
        #expect(nobody?.completion == nil)
        #expect(queue.pendingCommands == 0)
        #expect(queue.pendingBytes == 0)
    }

    @Test func aQuietOneHearsOfTheLastReplyOnly() {
        var queue = Queue(maximumCommands: 10, maximumBytes: 100)
        queue.sent(.init(deadline: .max, bytes: 10, commands: 3, isQuiet: true, completion: "a"))
        queue.sent(entry("b"))
        #expect(queue.passReply() == true)
        // An error is told.
        #expect(queue.replied()?.index == 1)
        #expect(queue.passReply() == false)
        #expect(queue.replied()?.index == 2)
        #expect(queue.passReply() == false)
        #expect(queue.replied()?.completion == "b")
        #expect(queue.passReply() == false)
        #expect(queue.isEmpty == true && queue.pendingBytes == 0)
    }

    @Test func whatWaitsIsSentInOrder() {
        var queue = Queue(maximumCommands: 10, maximumBytes: 100)
        queue.enqueued(entry("a"), payload: "A")
        queue.enqueued(entry("b"), payload: "B")
        #expect(queue.hasWaiting == true)
        #expect(queue.hasInFlight == false)
        #expect(queue.sendNext() == "A")
        #expect(queue.sendNext() == "B")
        #expect(queue.sendNext() == nil)
        #expect(queue.replied()?.completion == "a")
        #expect(queue.connectionLost().map(\.completion) == ["b"])
        #expect(queue.isEmpty == true)
    }

    @Test func aLossFailsOnlyWhatWasInFlightAndNotAnswered() {
        var queue = Queue(maximumCommands: 10, maximumBytes: 100)
        queue.sent(entry("a", commands: 3))
        #expect(queue.replied()?.index == 0)
        queue.enqueued(entry("w"), payload: "W")
        let lost = queue.connectionLost()
        #expect(lost.map(\.completion) == ["a"])
        #expect(lost.first?.answered == 1)
        #expect(queue.pendingCommands == 1)
        #expect(queue.pendingBytes == 10)
        #expect(queue.removeAll().map(\.completion) == ["w"])
    }

    @Test func theBoundsCountEverything() {
        var queue = Queue(maximumCommands: 3, maximumBytes: 25)
        #expect(queue.admits(commands: 3) == true)
        #expect(queue.admits(commands: 4) == false)
        queue.sent(entry("a", commands: 2))
        queue.enqueued(entry("b", bytes: 20), payload: "B")
        #expect(queue.admits(commands: 1) == false)
        _ = queue.replied()
        #expect(queue.admits(commands: 1) == false, "the bytes are over the bound")
        _ = queue.replied()
        #expect(queue.admits(commands: 1) == true)
    }

    @Test func deadlines() {
        var queue = Queue(maximumCommands: 10, maximumBytes: 100)
        queue.sent(entry("none"))
        #expect(queue.earliestDeadline == .max)
        queue.sent(entry("late", deadline: 50))
        queue.enqueued(entry("x", deadline: 30), payload: "X")
        queue.enqueued(entry("y", deadline: 90), payload: "Y")
        queue.enqueued(entry("z", deadline: 20), payload: "Z")
        #expect(queue.earliestDeadline == 20)
        #expect(queue.isOverdue(now: 49) == false)
        #expect(queue.isOverdue(now: 50) == true)
        #expect(queue.expireWaiting(now: 30).map(\.completion) == ["x", "z"])
        #expect(queue.pendingCommands == 3)
        #expect(queue.pendingBytes == 30)
        #expect(queue.sendNext() == "Y")
        #expect(queue.removeWaiting().count == 0)
    }
}
