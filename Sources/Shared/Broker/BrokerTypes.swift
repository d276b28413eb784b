package import NIOCore

/// A request as a frontend submits it.
package struct Submission: Hashable, Sendable {
    package var job: GenerationJob
    package var queue: String
    package var parentMessageID: MessageID?
    /// Whether `job.sessionID` is a conversation that does not exist yet.
    package var isNewSession: Bool
    /// How many jobs may wait in the queue, this one included; nil: any number.
    package var queueLimit: Int?

    package init(
        job: GenerationJob, queue: String, parentMessageID: MessageID? = nil, isNewSession: Bool, queueLimit: Int? = nil
    ) {
        self.job = job
        self.queue = queue
        self.parentMessageID = parentMessageID
        self.isNewSession = isNewSession
        self.queueLimit = queueLimit
    }

    /// Tells a repeated request from another one with the same id. A conversation that was made for the request is not part of
    /// it: whoever repeats the request does not know its id.
    package var digest: String {
        let session = isNewSession ? "" : job.sessionID.text
        return SHA1.hexadecimal("\(session)\n\(job.model ?? "")\n\(job.content)".utf8)
    }
}

/// Where a job stands in its queue.
package struct QueuePlace: Hashable, Sendable {
    /// The jobs of a queue are numbered in the order in which they came.
    package var number: UInt64
    /// How many jobs no worker had taken when it came, itself included: 1 is the next.
    package var position: Int

    package init(number: UInt64, position: Int) {
        self.number = number
        self.position = position
    }
}

/// What became of a submission.
package enum SubmitOutcome: Hashable, Sendable {
    /// It is in its queue.
    case accepted(QueuePlace)
    /// The same request was submitted before; this is the conversation it belongs to.
    case joined(SessionID)
    /// The id names a request with other content, or somebody else's.
    case conflict
    /// As many jobs wait in the queue as may. Nothing is left of the submission: it may be made again.
    case queueFull(waiting: Int)
}

/// The answer to a stop: the intent is durable.
package struct StopReceipt: Hashable, Sendable {
    package var outcome: StopOutcome
    /// The last entry that the log had when it was sealed (or ended): no chunk follows it. A client that has been sent
    /// everything up to here holds exactly what is saved.
    package var last: EntryID

    package init(outcome: StopOutcome, last: EntryID) {
        self.outcome = outcome
        self.last = last
    }
}

/// What is known of a request.
package struct RequestRecord: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        case queued, running, completed, cancelled, failed, expired

        package var isEnded: Bool {
            switch self {
            case .queued, .running: false
            case .completed, .cancelled, .failed, .expired: true
            }
        }
    }

    package var id: RequestID
    package var state: State
    package var owner: String
    package var sessionID: SessionID
    package var queue: String
    package var attempt: UInt64
    package var worker: String?
    /// The entry of `jobs:<queue>` that holds its job. Nil until that is noted, which directly follows acceptance, unless whoever
    /// submitted it died in between: then the job is in no queue until the request is submitted again.
    package var jobEntryID: String?
    /// For how many seconds nobody may watch, as in its job; nil where it goes on unwatched.
    package var disconnectGrace: Int?
    /// The number of its job in the queue.
    package var jobNumber: UInt64? { jobEntryID.flatMap { UInt64($0.prefix { $0 != "-" }) } }
    package var stop: StopIntent?
    package var createdAt: Timestamp
    package var claimedAt: Timestamp?
    package var endedAt: Timestamp?

    package init(
        id: RequestID, state: State, owner: String, sessionID: SessionID, queue: String, attempt: UInt64,
        worker: String?, jobEntryID: String? = nil, disconnectGrace: Int? = nil, stop: StopIntent?,
        createdAt: Timestamp, claimedAt: Timestamp?, endedAt: Timestamp?
    ) {
        self.id = id
        self.state = state
        self.owner = owner
        self.sessionID = sessionID
        self.queue = queue
        self.attempt = attempt
        self.worker = worker
        self.jobEntryID = jobEntryID
        self.disconnectGrace = disconnectGrace
        self.stop = stop
        self.createdAt = createdAt
        self.claimedAt = claimedAt
        self.endedAt = endedAt
    }
}

/// A job in the hands of a worker that has not claimed its request yet.
package struct JobDelivery: Hashable, Sendable {
    package var queue: String
    /// The id of the entry in `jobs:<queue>`.
    package var entryID: String
    package var job: GenerationJob
    /// How often it was given to a worker, this time included. A job that was given back does not count as given.
    package var deliveries: Int

    package init(queue: String, entryID: String, job: GenerationJob, deliveries: Int = 1) {
        self.queue = queue
        self.entryID = entryID
        self.job = job
        self.deliveries = deliveries
    }
}

/// The answer to a claim.
package enum ClaimOutcome: Hashable, Sendable {
    /// The request is the worker's. `text` is what earlier attempts said and is not void, in `tokens` tokens. `remaining` is the time
    /// that is left for it, nil for any.
    case claimed(attempt: UInt64, text: String, tokens: Int, remaining: TimeAmount? = nil)
    /// It has ended (also just now, by an intent that waited, or because its time is over): acknowledge the job.
    case ended(RequestRecord.State)
    /// The job is a second copy, or nothing is known of its request: acknowledge it.
    case superseded
}

/// Whether a request counts among the open ones of its owner.
package enum CountOutcome: Hashable, Sendable {
    /// From now on.
    case counted
    /// It was counted before.
    case present
    /// As many are open as may be.
    case full
}

/// Whether the time of a request is over.
package enum ExpiryOutcome: Hashable, Sendable {
    /// It has ended, now or before, or there is no such request.
    case ended
    /// Not yet; nil where it may take any time.
    case open(until: TimeAmount?)
}

/// The answer to giving a job up.
package enum GiveUpOutcome: Hashable, Sendable {
    /// The request has ended as failed by this: put the job away.
    case givenUp
    /// It had ended otherwise, or a stop was recorded and has ended it: acknowledge the job.
    case ended
    /// The job is a second copy, or nothing is known of its request: acknowledge it.
    case superseded
}

/// Whether a worker still owns a request.
package enum LeaseState: Hashable, Sendable {
    case held
    case stopped(StopIntent)
    /// Another attempt owns it, or it has ended.
    case lost
}

/// One entry to write: text, or the word that what was said before is void.
package struct TokenChunk: Hashable, Sendable {
    package var id: EntryID
    package var text: String
    package var tokens: Int
    /// The tokens of the answer up to here, this entry included. Every 64th entry of an attempt has it, so that they need not be counted
    /// one by one.
    package var total: Int?
    /// Whether the answer begins anew here. Such an entry has no text.
    package var isRestart: Bool

    package init(id: EntryID, text: String, tokens: Int, total: Int? = nil) {
        self.id = id
        self.text = text
        self.tokens = tokens
        self.total = total
        isRestart = false
    }

    /// The entry from which on the answer begins anew.
    package static func restart(_ id: EntryID) -> TokenChunk {
        var chunk = TokenChunk(id: id, text: "", tokens: 0)
        chunk.isRestart = true
        return chunk
    }

    /// What stands in the log.
    package var body: TokenEntry.Body { isRestart ? .restarted : .chunk(text: text, tokens: tokens) }
}

/// The answer to an append.
package enum AppendOutcome: Hashable, Sendable {
    case written
    /// A stop sealed the attempt. The chunk is not in the log.
    case sealed
    /// A later attempt has begun, the request has ended, or its log is gone. The chunk is not in the log.
    case fenced
}

/// What a worker knows to be in a log.
package struct LogContent: Hashable, Sendable {
    /// The last entry that counts: a chunk that was answered with `written`, or the marker that opened the attempt.
    package var last: EntryID
    /// The text of all chunks up to there, from the last restart on, those of earlier attempts included.
    package var text: String
    /// Their tokens.
    package var tokens: Int

    package init(last: EntryID, text: String, tokens: Int) {
        self.last = last
        self.text = text
        self.tokens = tokens
    }
}

/// How a worker's attempt ended, before the recorded intent has its say.
package struct AttemptEnding: Hashable, Sendable {
    package var state: Ending.State
    package var finishReason: String
    package var inputTokens: Int
    /// The engine's own count, where it gave one; otherwise the tokens of the log are counted.
    package var outputTokens: Int?
    package var error: Ending.Failure?
    /// The stop the worker obeyed, where it may not be recorded yet.
    package var stop: StopIntent?
    /// How long ago the generator had ended.
    package var observedAgo: TimeAmount?
    /// Spares the broker from reading the log. It is compared with the log and not relied on.
    package var known: LogContent?

    package init(
        state: Ending.State, finishReason: String, inputTokens: Int = 0, outputTokens: Int? = nil,
        error: Ending.Failure? = nil, stop: StopIntent? = nil, observedAgo: TimeAmount? = nil,
        known: LogContent? = nil
    ) {
        self.state = state
        self.finishReason = finishReason
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.error = error
        self.stop = stop
        self.observedAgo = observedAgo
        self.known = known
    }
}

/// What passes on a live feed.
package enum FeedEvent: Sendable {
    case entry(TokenEntry)
    /// The feed is deaf from here…
    case interrupted
    /// …to here: read the log.
    case resumed
    /// The feed may not be followed any more. Nothing more comes.
    case refused(BrokerError)
}

/// Who watches a request.
package struct Audience: Hashable, Sendable {
    /// How many follow its live feed, on all nodes.
    package var viewers: Int
    /// How long ago the last viewer of a node left, where one is noted.
    package var sinceLeaving: TimeAmount?

    package init(viewers: Int, sinceLeaving: TimeAmount?) {
        self.viewers = viewers
        self.sinceLeaving = sinceLeaving
    }
}

/// What passes on a stop channel.
package enum StopChannelEvent: Hashable, Sendable {
    case signal(StopSignal)
    case interrupted
    /// Signals may have been lost: read the intent.
    case resumed
    /// The channel may not be listened to any more. Nothing more comes: the intent must be asked for.
    case refused
}

/// Which connections of a broker stand.
package struct BrokerConnections: Hashable, Sendable {
    package var commands: Bool
    package var subscriptions: Bool
    /// Why one does not, as far as that is known. For people.
    package var failure: String?
    /// How often each has been made.
    package var made = Made()

    /// How often connections have been made since the start.
    package struct Made: Hashable, Sendable {
        package var commands = 0
        package var subscriptions = 0
        /// Those on which workers wait for jobs.
        package var jobs = 0

        package init(commands: Int = 0, subscriptions: Int = 0, jobs: Int = 0) {
            self.commands = commands
            self.subscriptions = subscriptions
            self.jobs = jobs
        }
    }

    package init(commands: Bool, subscriptions: Bool, failure: String? = nil, made: Made = Made()) {
        self.commands = commands
        self.subscriptions = subscriptions
        self.failure = failure
        self.made = made
    }
}

/// What passes on a channel of beats.
package enum BeatEvent: Sendable {
    case beat(UInt64)
    case interrupted
    case resumed
    /// The subscription is not allowed, and has ended.
    case refused(BrokerError)
}

/// A subscription with a broker. It lasts until `cancel()` is called or the broker is closed.
package protocol BrokerSubscription: Sendable {
    /// Completes when everything published from now on is heard. Fails if the subscription was refused.
    var confirmed: EventLoopFuture<Void> { get }

    /// Ends it. The handler is not called after this returned, if called on the broker's event loop. Idempotent.
    func cancel()
}

/// A live frontend or worker.
package struct NodeRecord: Hashable, Sendable, Codable {
    package enum Role: String, Hashable, Sendable, Codable {
        case frontend, worker
    }

    package var id: String
    package var role: Role
    package var host: String
    package var pid: Int
    package var queue: String
    /// What a worker generates with; for `forward`, followed by `:` and the queue it forwards to.
    package var generator: String?
    package var slots: Int?
    package var running: [RequestID]
    /// Whether it takes no more work, because it is about to end.
    package var isDraining = false
    package var startedAt: Timestamp

    package init(
        id: String, role: Role, host: String, pid: Int, queue: String, generator: String? = nil, slots: Int? = nil,
        running: [RequestID] = [], startedAt: Timestamp
    ) {
        self.id = id
        self.role = role
        self.host = host
        self.pid = pid
        self.queue = queue
        self.generator = generator
        self.slots = slots
        self.running = running
        self.startedAt = startedAt
    }

    enum CodingKeys: String, CodingKey {
        case id, role, host, pid, queue, generator, slots, running
        case isDraining = "draining"
        case startedAt = "started_at"
    }
}

/// A job that has not ended, as operators list it.
package struct QueuedJob: Hashable, Sendable {
    package var record: RequestRecord
    /// Tokens in its log.
    package var tokens: Int
    /// How often it was given to a worker.
    package var deliveries: Int

    package init(record: RequestRecord, tokens: Int, deliveries: Int) {
        self.record = record
        self.tokens = tokens
        self.deliveries = deliveries
    }
}
