import Logging
import NIOCore
import Shared

/// From the claim until stops are heard.
extension JobRunner {
    /// How often the intent is read while nobody would tell of it.
    private static let unheardPeriod = TimeAmount.seconds(1)

    /// Returns when every stop from now on is heard, or when the generator is not to begin any more: so where Redis refuses the subscription,
    /// and the job is to be given back, for others may be let hear.
    ///
    /// That takes a round trip, unless the connection of the subscriptions is broken while that of the commands is not: the request runs by
    /// then, so nobody else ends it when it is stopped. The lease is not renewed meanwhile: a worker that hears may take the job.
    func hear(_ stops: StopSubscriber, attempt: UInt64) async {
        stops.confirmed.whenComplete { [hearing] _ in hearing.open() }
        if !hearing.isOpen { askForStopLater(attempt) }
        await hearing.wait()
        guard machine.isSpeaking, !Task.isCancelled else { return }
        do {
            try await stops.confirmed.get(patience: Self.patience)
        } catch {
            logger.error("a job is given back, for Redis refuses that its stops are heard", [.error: "\(error)"])
            wasRefused = true
            onRefusal?()
            return giveBack()
        }
        // A stop in between was not heard. Nobody waits for the answer: until it is there, what is said after such a stop is refused by the
        // log.
        stops.readIntent()
    }

    private func askForStopLater(_ attempt: UInt64) {
        shard.eventLoop.scheduleTask(in: Self.unheardPeriod) { [weak self] in
            guard let self, !self.hearing.isOpen else { return }
            self.shard.broker.request(self.request).whenComplete { [weak self] result in
                guard let self, !self.hearing.isOpen else { return }
                switch result {
                case .success(let record?) where record.state == .running && record.attempt == attempt:
                    if let stop = record.stop { self.stop(stop) }
                case .success: self.leaseLost()
                case .failure: break
                }
                self.askForStopLater(attempt)
            }
        }
    }
}
