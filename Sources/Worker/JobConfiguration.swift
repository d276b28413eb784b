package import NIOCore

/// What a job needs to know of its worker's settings.
package struct JobConfiguration: Sendable {
    /// The worker's name in leases and logs.
    package var worker: String
    /// How long a worker that is silent keeps a job; renewed every third of it.
    package var lease: TimeAmount
    /// How often a job is given to workers; beyond that it is put away.
    package var maximumDeliveries: Int
    /// For how long nobody may watch a request that goes on unwatched.
    package var maximumUnattended = TimeAmount.hours(1)
    /// How tokens become entries of the log.
    package var batching: TokenBatcher.Batching
    /// Bytes of text that gather while Redis does not answer, before the generator waits.
    package var gatheredBytes: Int
    /// Tokens that wait for the entry under way, without batching, before the generator waits.
    package var window: Int
    /// An answer is ended as `length` before it grows beyond this.
    package var answer: AnswerBounds
    /// How long a generator may take to end when it is stopped, and again when its task is cancelled, before it is left behind.
    package var generatorGrace: TimeAmount
    /// Where what the generators do is written down.
    package var journal: GenerationJournal?

    package init(
        worker: String, lease: TimeAmount = .seconds(15), maximumDeliveries: Int = 5,
        batching: TokenBatcher.Batching = .natural,
        gatheredBytes: Int = 64 << 10, window: Int = 64, answer: AnswerBounds = .init(),
        generatorGrace: TimeAmount = .milliseconds(50)
    ) {
        self.worker = worker
        self.lease = lease
        self.maximumDeliveries = maximumDeliveries
        self.batching = batching
        self.gatheredBytes = gatheredBytes
        self.window = window
        self.answer = answer
        self.generatorGrace = generatorGrace
    }
}
