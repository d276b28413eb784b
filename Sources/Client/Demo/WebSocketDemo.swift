import FrontendClient
import NIOCore
import Shared

/// The demo through a frontend.
struct WebSocketDemo: Sendable {
    let url: FrontendURL
    let options: FrontendConnection.Options
    let broker: any Broker
    let narrator: DemoNarrator

    func run() async throws -> DemoReport {
        let connection = try await FrontendConnection.connect(url, options: options)
        let id = RequestID.random()
        let stopID = RequestID.random()
        var report = DemoReport(
            shape: "websocket", requestID: id, content: "", outcome: .stopped, acknowledgedAfterMilliseconds: 0,
            endedAfterMilliseconds: 0, state: "", parts: [], isSavedAsReceived: false)
        var numbers = 0
        var stoppedAt: ContinuousClock.Instant?
        var isAcknowledged = false
        try await connection.send(
            ClientEvent(
                id: id,
                command: .send(
                    SendCommand(
                        content: "Count.", parameters: ["count": .integer(1000), "interval_ms": .integer(100)],
                        // Interrupted: nothing is left counting.
                        onDisconnect: .stop))))
        reading: for await event in connection.events {
            switch event {
            case .connectionReady(let ready): narrator.say("frontend", "ready, version \(ready.serverVersion)")
            case .streamingStart: narrator.say("client", "request \(id)")
            case .streamingChunk(let chunk):
                guard !isAcknowledged else { throw QueueDemo.Broken(description: "a chunk came behind the stop") }
                report.content += chunk.chunk.content
                numbers += 1
                narrator.say("client", chunk.chunk.content.trimmed)
                guard numbers == 3 else { break }
                narrator.say("client", "stopGenerating()")
                stoppedAt = .now
                try await connection.send(ClientEvent(id: stopID, command: .stop(StopCommand(requestID: id))))
            case .streamingRestart:
                report.content = ""
                numbers = 0
            case .success(let success):
                guard success.requestID == stopID, let stoppedAt else { break }
                isAcknowledged = true
                report.outcome = success.result.outcome
                report.acknowledgedAfterMilliseconds = stoppedAt.duration(to: .now).milliseconds
                narrator.say(
                    "client",
                    "acknowledged after \(DemoReport.text(report.acknowledgedAfterMilliseconds)) ms (\(report.outcome.rawValue))"
                )
            case .streamingComplete(let complete):
                report.state = complete.metadata.finishReason
                report.endedAfterMilliseconds = stoppedAt?.duration(to: .now).milliseconds ?? 0
                report.parts = [try await part(id, complete.metadata)]
                break reading
            case .authenticated, .queued: break
            case .streamingError(let error): throw QueueDemo.Broken(description: error.message)
            case .connectionError(let error): throw QueueDemo.Broken(description: error.message)
            case .failure(let failure): throw QueueDemo.Broken(description: failure.message)
            }
        }
        await connection.close()
        try Task.checkCancellation()
        for part in report.parts { narrator.say(part.name, part.words) }
        let saved = try await broker.message(id.message).get()
        report.isSavedAsReceived = saved?.content == report.content
        narrator.say("client", "ended: \(report.state), text \"\(report.content)\" saved as message \(id.message)")
        return report
    }

    private func part(_ id: RequestID, _ metadata: StreamingComplete.Metadata) async throws -> DemoReport.Part {
        let record = try await broker.request(id).get()
        var part = DemoReport.Part(
            name: "backend", requestID: id, worker: record?.worker,
            state: record?.state.rawValue ?? metadata.finishReason,
            tokens: metadata.usage.outputTokens)
        if let requested = metadata.stop?.requestedAt, let observed = metadata.stop?.observedAt {
            part.observedAfterMilliseconds = Double(observed.microseconds - requested.microseconds) / 1000
        }
        return part
    }
}
