import NIOCore
import Shared

/// The demo over the queue: the client publishes the request itself, with or without a middle server between.
struct QueueDemo: Sendable {
    let broker: any Broker
    let queue: String
    let isMiddle: Bool
    let narrator: DemoNarrator

    /// What the demo must never see.
    struct Broken: Error, CustomStringConvertible {
        var description: String
    }

    func run() async throws -> DemoReport {
        let job = GenerationJob(
            requestID: .random(), sessionID: .random(), owner: "demo", content: "Count.",
            parameters: ["count": .integer(1000), "interval_ms": .integer(100)])
        let generation = try await Generation.start(
            Submission(job: job, queue: queue, isNewSession: true), through: broker)
        defer { generation.leave() }
        do {
            return try await follow(generation)
        } catch {
            // Interrupted: nothing is left counting.
            _ = try? await generation.kill(reason: "the demo was interrupted")
            throw error
        }
    }

    private func follow(_ generation: Generation) async throws -> DemoReport {
        narrator.say("client", "request \(generation.id)")
        var report = DemoReport(
            shape: isMiddle ? "middle" : "direct", requestID: generation.id, content: "", outcome: .stopped,
            acknowledgedAfterMilliseconds: 0, endedAfterMilliseconds: 0, state: "", parts: [], isSavedAsReceived: false)
        var numbers = 0
        var receipt: StopReceipt?
        var stoppedAt: ContinuousClock.Instant?
        for try await entry in generation.entries {
            switch entry.body {
            case .attempt, .sealed: break
            case .restarted:
                report.content = ""
                numbers = 0
            case .chunk(let text, let tokens):
                if let receipt, entry.id > receipt.last { throw Broken(description: "a chunk came behind the stop") }
                report.content += text
                numbers += tokens
                narrator.say("client", text.trimmed)
                guard numbers >= 3, stoppedAt == nil else { break }
                narrator.say("client", "stopGenerating()")
                let now = ContinuousClock.now
                stoppedAt = now
                let acknowledged = try await generation.stopGenerating()
                report.acknowledgedAfterMilliseconds = now.duration(to: .now).milliseconds
                report.outcome = acknowledged.outcome
                receipt = acknowledged
                narrator.say(
                    "client",
                    "acknowledged after \(DemoReport.text(report.acknowledgedAfterMilliseconds)) ms (\(acknowledged.outcome.rawValue))"
                )
            case .ended(let ending, _):
                report.state = ending.state.rawValue
                report.endedAfterMilliseconds = stoppedAt?.duration(to: .now).milliseconds ?? 0
                report.parts.append(try await part(isMiddle ? "middle" : "backend", generation.id, ending))
            }
        }
        // A task that is cancelled sees the entries end early.
        try Task.checkCancellation()
        if isMiddle { report.parts.append(try await child(of: generation.id)) }
        for part in report.parts.reversed() { narrator.say(part.name, part.words) }
        let saved = try await broker.message(generation.id.message).get()
        report.isSavedAsReceived = saved?.content == report.content
        narrator.say(
            "client",
            "ended: \(report.state), text \"\(report.content)\" saved as message \(generation.id.message)")
        return report
    }

    private func part(_ name: String, _ request: RequestID, _ ending: Ending) async throws -> DemoReport.Part {
        let worker = try await broker.request(request).get()?.worker
        var part = DemoReport.Part(
            name: name, requestID: request, worker: worker, state: ending.state.rawValue,
            tokens: ending.usage.outputTokens)
        if let requested = ending.stop?.requestedAt, let observed = ending.stop?.observedAt {
            part.observedAfterMilliseconds = Double(observed.microseconds - requested.microseconds) / 1000
        }
        return part
    }

    /// The end of the request that the middle server made for `parent`.
    private func child(of parent: RequestID) async throws -> DemoReport.Part {
        let child = ChildRequest(of: parent).id
        for try await entry in TokenStream(broker: broker, request: child) {
            if case .ended(let ending, _) = entry.body { return try await part("backend", child, ending) }
        }
        throw Broken(description: "the request that the middle server made did not end")
    }
}

extension String {
    /// Without spaces at either end.
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }
}
