/// A recorded wish to end a request. It is durable before anyone is told of it.
package struct StopIntent: Hashable, Sendable, Codable {
    /// How the generation is to end.
    package enum Mode: String, Hashable, Sendable, Codable {
        /// Graceful: the generator yields nothing more and may close its engine in order.
        case stop
        /// At once: the generator's task is cancelled, nothing is drained.
        case kill
    }

    /// Who asked.
    package enum Source: String, Hashable, Sendable, Codable {
        /// The owner, by button or HTTP.
        case user
        /// An operator, by a bare publish or the `penstock` command.
        case `operator`
        /// Nobody watches any more.
        case disconnect
        /// The request this one was made for was stopped.
        case parent
    }

    package var mode: Mode
    package var by: Source
    package var reason: String?
    /// When the intent was recorded, by Redis's clock.
    package var requestedAt: Timestamp?
    /// When the worker's generator had ended, by Redis's clock; where no generator ran, when the request was ended.
    package var observedAt: Timestamp?

    package init(
        mode: Mode = .stop, by: Source, reason: String? = nil, requestedAt: Timestamp? = nil,
        observedAt: Timestamp? = nil
    ) {
        self.mode = mode
        self.by = by
        self.reason = reason
        self.requestedAt = requestedAt
        self.observedAt = observedAt
    }

    /// The most bytes of UTF-8 a reason may have; a longer one is refused (commands) or cut (bare publishes).
    package static let maximumReasonBytes = 512

    enum CodingKeys: String, CodingKey {
        case mode, by, reason
        case requestedAt = "requested_at"
        case observedAt = "observed_at"
    }
}
