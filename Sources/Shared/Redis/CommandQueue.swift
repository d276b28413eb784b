/// The commands of one client that are not answered yet: in flight (written, in order of their replies) or waiting for a
/// connection.
///
/// Guarantees: first in, first out in both; a command is handed back exactly once, answered, expired or failed; the number
/// of commands and of bytes not answered is bounded (policy: refuse; the last one admitted may go over the bound of
/// bytes by its own size).
///
/// Pure. Times are nanoseconds; a deadline of `Int64.max` is none. `Completion` is whom to tell, `Payload` the encoded bytes
/// of a command that waits.
package struct CommandQueue<Completion, Payload>: ~Copyable {
    /// One submission: one or more commands that share a deadline and a completion.
    package struct Entry {
        package let deadline: Int64
        package let bytes: Int
        package let commands: Int
        /// Whether nobody wants to hear of its answers, but of the last, and of errors.
        package let isQuiet: Bool
        /// How many of its commands are answered.
        package internal(set) var answered = 0
        package let completion: Completion

        package init(deadline: Int64, bytes: Int, commands: Int, isQuiet: Bool = false, completion: Completion) {
            self.deadline = deadline
            self.bytes = bytes
            self.commands = commands
            self.isQuiet = isQuiet
            self.completion = completion
        }
    }

    package struct Waiting {
        package let entry: Entry
        package let payload: Payload
    }

    package struct Answer {
        /// Which command of the submission was answered.
        package let index: Int
        package let completion: Completion
    }

    package let maximumCommands: Int
    package let maximumBytes: Int
    package private(set) var pendingCommands = 0
    package private(set) var pendingBytes = 0
    private var inFlight = FIFO<Entry>()
    private var waiting = FIFO<Waiting>()

    package init(maximumCommands: Int, maximumBytes: Int) {
        self.maximumCommands = maximumCommands
        self.maximumBytes = maximumBytes
    }

    package var isEmpty: Bool { pendingCommands == 0 }
    package var hasInFlight: Bool { !inFlight.isEmpty }
    package var hasWaiting: Bool { !waiting.isEmpty }

    /// Whether there is room for so many commands more.
    package func admits(commands: Int) -> Bool {
        pendingCommands + commands <= maximumCommands && pendingBytes < maximumBytes
    }

    /// The commands were written to the connection. Nothing may be waiting then.
    package mutating func sent(_ entry: Entry) {
        add(entry)
        inFlight.append(entry)
    }

    /// The commands wait for a connection.
    package mutating func enqueued(_ entry: Entry, payload: Payload) {
        add(entry)
        waiting.append(Waiting(entry: entry, payload: payload))
    }

    /// The connection is ready for one more waiting submission: it is now in flight, to be written at once.
    package mutating func sendNext() -> Payload? {
        guard let next = waiting.popFirst() else { return nil }
        inFlight.append(next.entry)
        return next.payload
    }

    /// A reply came that is no error. Returns whether nobody wants to hear of it: then this is all.
    package mutating func passReply() -> Bool {
        guard !inFlight.isEmpty, inFlight.first.isQuiet, inFlight.first.answered + 1 < inFlight.first.commands else {
            return false
        }
        pendingCommands -= 1
        inFlight.first.answered += 1
        return true
    }

    /// A reply came: whose it is, or nil when none was awaited, which is a violation of the protocol.
    package mutating func replied() -> Answer? {
        guard !inFlight.isEmpty else { return nil }
        let head = inFlight.first
        let answer = Answer(index: head.answered, completion: head.completion)
        pendingCommands -= 1
        if head.answered + 1 == head.commands {
            pendingBytes -= head.bytes
            _ = inFlight.popFirst()
        } else {
            inFlight.first.answered += 1
        }
        return answer
    }

    /// The connection is gone: everything in flight, oldest first. Whether it ran is unknown.
    package mutating func connectionLost() -> [Entry] {
        let lost = inFlight.removeAll()
        for entry in lost { remove(entry) }
        return lost
    }

    /// Takes out what waited beyond its deadline.
    package mutating func expireWaiting(now: Int64) -> [Entry] {
        guard hasWaiting else { return [] }
        let expired = waiting.removeAll { $0.entry.deadline <= now }.map(\.entry)
        for entry in expired { remove(entry) }
        return expired
    }

    /// Takes out all that waits.
    package mutating func removeWaiting() -> [Entry] {
        let removed = waiting.removeAll().map(\.entry)
        for entry in removed { remove(entry) }
        return removed
    }

    /// Whether a command in flight is beyond its deadline. The connection is then to be given up.
    package func isOverdue(now: Int64) -> Bool {
        for index in 0..<inFlight.count where inFlight[index].deadline <= now { return true }
        return false
    }

    /// The earliest deadline of all, or `Int64.max`. Costs a pass over everything: for the timer, not for each command.
    package var earliestDeadline: Int64 {
        var earliest = Int64.max
        for index in 0..<inFlight.count { earliest = min(earliest, inFlight[index].deadline) }
        for index in 0..<waiting.count { earliest = min(earliest, waiting[index].entry.deadline) }
        return earliest
    }

    /// Everything, in flight first: the client is closed.
    package mutating func removeAll() -> [Entry] {
        let all = inFlight.removeAll() + waiting.removeAll().map(\.entry)
        pendingCommands = 0
        pendingBytes = 0
        return all
    }

    private mutating func add(_ entry: Entry) {
        pendingCommands += entry.commands
        pendingBytes += entry.bytes
    }

    private mutating func remove(_ entry: Entry) {
        pendingCommands -= entry.commands - entry.answered
        pendingBytes -= entry.bytes
    }
}
