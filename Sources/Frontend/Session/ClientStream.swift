import Shared

/// One request as it streams on one connection.
final class ClientStream {
    let request: RequestID
    let sessionID: SessionID
    let template: ChunkEventTemplate
    /// Reads the log; set once, right after the stream is made.
    var subscriber: TokenSubscriber?
    /// A stop of it was acknowledged: nothing but its ending follows.
    var isSilenced = false

    init(request: RequestID, sessionID: SessionID) {
        self.request = request
        self.sessionID = sessionID
        template = ChunkEventTemplate(request: request, message: request.message)
    }
}
