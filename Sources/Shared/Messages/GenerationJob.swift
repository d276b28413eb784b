/// One generation as it waits in `jobs:<queue>`: the whole of it, so that a claim needs no second read.
package struct GenerationJob: Hashable, Sendable {
    /// A turn of the conversation, oldest first.
    package struct Turn: Hashable, Sendable {
        package var role: String
        package var content: String

        package init(role: String, content: String) {
            self.role = role
            self.content = content
        }
    }

    package var requestID: RequestID
    package var sessionID: SessionID
    /// Who may stop, read and resume it.
    package var owner: String
    /// What the user says now.
    package var content: String
    /// What was said before, bounded by the frontend.
    package var history: [Turn]
    package var model: String?
    package var parameters: [String: JSONValue]
    /// The request that this one works for, where a middle server forwards it.
    package var parent: RequestID?
    /// For how many seconds nobody may watch before it is stopped; nil where it goes on unwatched.
    package var disconnectGrace: Int?
    package var timeLimits: TimeLimits?
    package var submittedAt: Timestamp

    package init(
        requestID: RequestID, sessionID: SessionID, owner: String, content: String, history: [Turn] = [],
        model: String? = nil, parameters: [String: JSONValue] = [:], parent: RequestID? = nil,
        disconnectGrace: Int? = nil, timeLimits: TimeLimits? = nil, submittedAt: Timestamp = .now()
    ) {
        self.requestID = requestID
        self.sessionID = sessionID
        self.owner = owner
        self.content = content
        self.history = history
        self.model = model
        self.parameters = parameters
        self.parent = parent
        self.disconnectGrace = disconnectGrace
        self.timeLimits = timeLimits
        self.submittedAt = submittedAt
    }
}
