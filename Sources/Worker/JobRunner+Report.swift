import Logging
import NIOCore
import Shared

/// What is told of a job when it is over.
extension JobRunner {
    /// One line for each job. `stop.index` is the place of the last token that the generator said, counted from 0: with the
    /// `count` generator, the last number; -1 where it said none.
    func report() {
        let ran = NIODeadline.now() - start
        let stop = machine.stop
        recordMetrics(after: ran)
        journal?.left(state: machine.name)
        guard let stop, let generatorEndedAt else {
            logger.info(
                "job ended",
                [
                    .state: "\(machine.name)", .tokens: "\(tokensSoFar + saidTokens)",
                    .duration: "\(Self.milliseconds(ran))",
                ])
            return
        }
        let heardAt = stop.heardAt == 0 ? generatorEndedAt.uptimeNanoseconds : UInt64(bitPattern: stop.heardAt)
        let latency = generatorEndedAt - min(.uptimeNanoseconds(heardAt), generatorEndedAt)
        // Of one that only the ending told of there was nothing to obey.
        if stop.heardAt != 0, let stopMet = record.stopMet {
            metrics.stopObserved(in: latency, mode: stop.intent?.mode ?? .stop, met: stopMet)
        }
        var line = logger
        if let intent = stop.intent {
            line = line.with([.stopBy: "\(intent.by.rawValue)", .stopMode: "\(intent.mode.rawValue)"])
            if let reason = intent.reason { line[.stopReason] = "\(reason)" }
        }
        line.info(
            "stop observed",
            [
                .state: "\(machine.name)", .tokens: "\(tokensSoFar + saidTokens)",
                .stopIndex: "\(tokensSoFar + saidTokens - 1)", .latency: "\(Self.milliseconds(latency))",
                .duration: "\(Self.milliseconds(ran))",
            ])
    }

    private func recordMetrics(after time: TimeAmount) {
        let stop = record.ending?.stop ?? record.earlierStop
        metrics.jobEnded(state: machine.name, stop: stop, after: time)
        if let stop, record.ending != nil { metrics.requestStopped(by: stop) }
        if let stop { recordTokens(of: stop) }
        guard let ending = record.ending, hasGenerated else { return }
        metrics.generations.ended(
            GenerationMetrics.Generation(
                model: delivery.job.model, ending: ending,
                duration: WorkerMetrics.time(since: delivery.job.submittedAt), firstTokenAfter: record.firstTokenAfter,
                speakingTime: record.firstTokenAt.flatMap { first in generatorEndedAt.map { $0 - first } },
                tokens: saidTokens))
    }

    /// What was said and what was not because of a stop. Where the request had ended before it was claimed, that is known of a job that no
    /// worker had before.
    private func recordTokens(of stop: StopIntent) {
        guard record.ending != nil || delivery.deliveries == 1 else { return }
        let said = tokensSoFar + saidTokens
        if record.ending != nil {
            tokenMetrics.inVain(max(said - (publisher?.content.tokens ?? said), 0) + record.lateTokens)
        }
        let total = ExpectedTokens.bounded(
            generator.expectedTokens(of: delivery.job), by: configuration.answer.tokens)
        if let total { metrics.tokensSaved(total.count - said - record.lateTokens, of: total) }
    }

    static func milliseconds(_ time: TimeAmount) -> Double {
        Double(time.nanoseconds / 1000) / 1000
    }
}
