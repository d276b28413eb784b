import Logging
import NIOCore
import Shared
import Synchronization

/// What may come to a job at any time, on its event loop.
extension JobRunner {
    func stop(_ intent: StopIntent) {
        noteStop()
        stopGenerator(machine.stopRequested(intent, now: Self.now), intent.mode)
        // The log is sealed, or about to be: what is not in it will not be. Where Redis has no memory, nothing else would tell.
        publisher?.endFlush()
    }

    func sealed() {
        noteStop()
        stopGenerator(machine.sealed(now: Self.now), nil)
    }

    private func noteStop() { if record.stopMet == nil { record.stopMet = machine.name } }

    func stopGenerator(_ action: GenerationStateMachine.StopAction, _ mode: StopIntent.Mode?) {
        if action != .none { journal?.stopHeard(mode) }
        obey(action)
    }

    func obey(_ action: GenerationStateMachine.StopAction) {
        switch action {
        case .none: break
        case .stopGenerator(.stop):
            hearing.open()
            context.stopGenerating()
            publisher?.wakeGenerator()
            shard.eventLoop.scheduleTask(in: configuration.generatorGrace) { [weak self] in self?.interruption.open() }
        case .stopGenerator(.kill):
            context.kill()
            interrupt()
        }
    }

    /// At each renewal of the lease: frontends that have died decide nothing.
    func countViewers() {
        shard.broker.audience(of: request).whenComplete { [weak self] result in
            guard let self, self.machine.isSpeaking,
                self.attendance.counted(try? result.get().viewers, now: Self.now)
            else { return }
            self.logger.info("nobody watches: the request is stopped", [:])
            // Comes back over the stop channel; where this fails, the next renewal asks again.
            self.shard.broker.stop(self.request, intent: StopIntent(by: .disconnect), owner: nil)
                .whenSuccess { [weak self] receipt in
                    if receipt.outcome == .stopped { self?.sealed() }
                }
        }
    }

    func leaseLost() {
        guard machine.leaseLost() else { return }
        journal?.leaseLost()
        isHolding.store(false, ordering: .relaxed)
        tellOfLostClaim()
        publisher?.abort()
        interrupt()
    }

    func tellOfLostClaim() {
        logger.warning("the claim is lost: another worker has the request, it has ended, or Redis has lost it", [:])
    }

    func interrupt() {
        hearing.open()
        publisher?.wakeGenerator()
        interruption.open()
    }
}
