import NIOCore
import Shared

/// What is remembered of a job for its report.
struct JobRecord {
    /// The ending that this worker wrote, or that a repetition of it found.
    var ending: Ending?
    /// The stop by which the request had ended before it was claimed.
    var earlierStop: StopIntent?
    /// The state of the job in which the first stop was heard.
    var stopMet: String?
    /// When this attempt said its first token.
    var firstTokenAt: NIODeadline?
    /// From the submission until the very first token, where it was said here.
    var firstTokenAfter: TimeAmount?
    /// Tokens that were said when they did not count any more.
    var lateTokens = 0
}
