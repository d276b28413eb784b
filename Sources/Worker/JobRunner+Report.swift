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
        metrics.jobEnded(state: machine.name, after: ran)
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
        metrics.stopObserved(in: latency, mode: stop.intent?.mode ?? .stop)
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

    static func milliseconds(_ time: TimeAmount) -> Double {
        Double(time.nanoseconds / 1000) / 1000
    }
}
