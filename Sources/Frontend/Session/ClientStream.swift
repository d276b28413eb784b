import NIOCore
import Shared

/// One request as it streams on one connection.
final class ClientStream {
    let request: RequestID
    let sessionID: SessionID
    /// Whether the client sent or resumed it before, as its start says.
    let isResumed: Bool
    let template: ChunkEventTemplate
    var pace: StreamMetrics.Pace
    /// Reads the log; set once, right after the stream is made.
    var subscriber: TokenSubscriber?
    /// The client was told of the start.
    var hasBegun = false
    /// A stop of it was acknowledged: nothing but its ending follows.
    var isSilenced = false

    init(request: RequestID, sessionID: SessionID, resumed: Bool, askedAt: NIODeadline? = nil) {
        self.request = request
        self.sessionID = sessionID
        isResumed = resumed
        pace = StreamMetrics.Pace(askedAt: askedAt)
        template = ChunkEventTemplate(request: request, message: request.message)
    }
}
