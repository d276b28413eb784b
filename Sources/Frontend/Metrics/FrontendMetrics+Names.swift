extension FrontendMetrics {
    /// The names of all metrics of a frontend.
    enum Name {
        static let connections = "penstock_frontend_connections"
        static let connectionsTotal = "penstock_frontend_connections_total"
        static let refusedConnections = "penstock_frontend_refused_connections_total"
        static let authenticationFailures = "penstock_frontend_authentication_failures_total"
        static let closes = "penstock_frontend_closes_total"
        static let slowClients = "penstock_frontend_slow_clients_total"
        static let outboundBytes = "penstock_frontend_outbound_bytes"
        static let pauses = "penstock_frontend_stream_pauses_total"
        static let heldReads = "penstock_frontend_held_reads_total"
        static let commandErrors = "penstock_frontend_command_errors_total"
        static let refusals = "penstock_frontend_refusals_total"
        static let requests = "penstock_frontend_requests_total"
        static let watches = "penstock_frontend_watched_requests"
        static let streams = "penstock_frontend_streams_total"
        static let endings = "penstock_frontend_endings_total"
        static let chunks = "penstock_frontend_chunks_total"
        static let chunkBytes = "penstock_frontend_chunk_bytes_total"
        static let firstChunk = "penstock_frontend_first_chunk_seconds"
        static let chunkGap = "penstock_frontend_chunk_gap_seconds"
        static let feedHoles = "penstock_frontend_feed_holes_total"
        static let stops = "penstock_frontend_stops_total"
        static let stopRecorded = "penstock_frontend_stop_recorded_seconds"
        static let stopSettled = "penstock_frontend_stop_settled_seconds"
    }

    /// The texts under `# HELP`.
    static let help = [
        Name.connections: "WebSockets open now.",
        Name.connectionsTotal: "WebSockets opened.",
        Name.refusedConnections: "Upgrades refused, by HTTP status.",
        Name.authenticationFailures: "Tokens that were not accepted, or missing, by reason.",
        Name.closes: "WebSocket closes sent, by code.",
        Name.slowClients: "Clients given up because they took nothing.",
        Name.outboundBytes: "Bytes that wait for clients.",
        Name.pauses: "Times the streams of a slow client were paused.",
        Name.heldReads: "Times a client said more than it may, and was not read for a while.",
        Name.commandErrors: "Commands refused, by error code.",
        Name.refusals: "Commands refused because a bound was reached, by bound.",
        Name.requests: "New requests put into the queue.",
        Name.watches: "Requests accepted or resumed here that have not ended.",
        Name.streams: "Streams begun, resumed ones included.",
        Name.endings: "Streams that reached the ending of their request, by its state and who stopped it.",
        Name.chunks: "Chunk events sent.",
        Name.chunkBytes: "Bytes of chunk events sent.",
        Name.firstChunk: "From the arrival of message.send until the first chunk was written.",
        Name.chunkGap: "Between two chunks of a stream as they are written; 0 for those that leave in one write.",
        Name.feedHoles: "Holes of live feeds that were filled from the log, by cause.",
        Name.stops: "Stops recorded, by what they met, who asked, and how.",
        Name.stopRecorded: "From the arrival of a stop until it was durable, by the state it met.",
        Name.stopSettled: "From the arrival of a stop until its client was handed the ending, by the state it met.",
    ]
}
