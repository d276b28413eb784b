import NIOCore
import Shared

/// Decides whether one more request of an owner may come in. Bound to its broker's event loop.
///
/// First how fast they come, which costs nothing, then how many of the owner are open, at all frontends, which is one question to Redis.
/// Whether the queue has room is decided when the job is put into it. A request that is there already is none more: whoever
/// is refused is asked after first.
struct RequestAdmission {
    let broker: any Broker
    let configuration: AdmissionConfiguration
    /// The rates of owners, where they are bounded.
    let owners: OwnerRates?

    /// Whether it comes too fast; `connection` is how fast this connection sends.
    func tooFast(_ owner: String, connection: inout RateLimiter) -> AdmissionRefusal? {
        let now = Int64(broker.eventLoop.now.uptimeNanoseconds)
        if let limit = configuration.connectionRate, let wait = connection.take(limit, now: now) {
            return AdmissionRefusal(.connectionRate, rate: limit.rate, retryAfter: .nanoseconds(wait))
        }
        if let owners, let wait = owners.take(owner, now: now) {
            return AdmissionRefusal(.ownerRate, rate: owners.limit.rate, retryAfter: .nanoseconds(wait))
        }
        return nil
    }

    /// Counts it among the open requests of its owner. Nil where these are not bounded.
    func count(
        _ request: RequestID, of owner: String, on loop: FrontendLoop
    ) -> EventLoopFuture<CountOutcome>? {
        configuration.maximumOwnerRequests.map { limit in
            loop.ask { $0.count(request, of: owner, limit: limit) }
        }
    }

    /// As many are open as may be.
    var tooMany: AdmissionRefusal {
        AdmissionRefusal(.ownerRequests, limit: configuration.maximumOwnerRequests ?? 0)
    }

    /// It has ended, or was refused. Should this be lost, it is found out when the owner is at the bound.
    func discount(_ request: RequestID, of owner: String) {
        guard configuration.maximumOwnerRequests != nil else { return }
        broker.discount(request, of: owner).whenComplete { _ in }
    }
}
