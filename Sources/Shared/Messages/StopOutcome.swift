/// What a stop met.
package enum StopOutcome: String, Hashable, Sendable, Codable {
    /// The request ran; the intent is recorded and the worker told.
    case stopped
    /// An intent was recorded before, or the request had ended by a stop.
    case alreadyStopped = "already_stopped"
    /// The request had ended by itself.
    case alreadyCompleted = "already_completed"
    /// No worker had it: it is ended now.
    case dequeued
}
