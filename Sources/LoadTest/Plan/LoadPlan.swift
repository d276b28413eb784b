import FrontendClient
import Shared

/// What a run is to do: the settings, checked. Every one is a flag, an environment variable and a key of the configuration file.
struct LoadPlan: Sendable {
    /// How requests come.
    enum Load: Hashable, Sendable {
        /// `rate`: so many a second, whatever becomes of them. 0.001 to 1,000,000.
        case open(rate: Double, arrivals: ArrivalKind)
        /// `concurrency`: so many at a time, each of which is followed by another. 1 to 1,000,000.
        case closed(concurrency: Int)
    }

    /// `arrivals`: `poisson` (as independent users come) or `constant` (at regular times) (`poisson`).
    enum ArrivalKind: String, Hashable, Sendable, CaseIterable {
        case poisson, constant
    }

    /// `text`: what the answers are known to say.
    enum KnownText: String, Hashable, Sendable, CaseIterable {
        /// `0 1 2 …` of the `count` generator: checked number by number.
        case count
        /// Anything: what the client received is compared with what was saved.
        case any
    }

    /// `url`, several by commas: where clients connect, in turn (`ws://127.0.0.1:8080/ws`).
    var urls: [FrontendURL]
    /// What the file named by `token-file` holds.
    var token: String?
    /// `ca-file`: authorities to trust for `wss`.
    var caFile: String?

    var load: Load
    /// `ramp`: how long the load grows from nothing; 0 to 1 h (0).
    var ramp: Duration
    /// `warm-up`: how long the whole load runs before anything counts; 0 to 1 h (2 s).
    var warmUp: Duration
    /// `duration`: how long it counts; 100 ms to 24 h (10 s).
    var duration: Duration
    /// `drain`: how long answers may run on when the load has ended, before they are stopped; 0 to 1 h (5 s).
    var drain: Duration
    /// `settle-timeout`: how long a stop may take to be acknowledged, and then to end its answer; 100 ms to 10 min (10 s).
    var settleTimeout: Duration

    /// `connections`: WebSockets held open; 1 to 200,000 (as many as `concurrency` needs; in open loop 100).
    var connections: Int
    /// `streams`: answers at a time on one connection; 1 to 10,000 (1).
    var streamsPerConnection: Int
    /// `connect-rate`: connections begun a second, before the load; 1 to 100,000 (1000).
    var connectRate: Int
    /// `connect-timeout`: how long a connection may take, from the SYN to `connection.ready`; 100 ms to 5 min (10 s).
    var connectTimeout: Duration

    /// `tokens`: how many an answer has, a distribution (`100`).
    var tokens: Distribution
    /// `token-rate`: how many come a second, a distribution, drawn once for each answer (`50`); nil (`max`): as fast as can be.
    var tokenRate: Distribution?
    /// `timestamps`: whether tokens tell when they were said, for their one-way latency (true; with the text `count` alone).
    var timestamps: Bool
    var text: KnownText
    /// `content`: what is said to the generator (`load test`).
    var content: String
    /// `model` (none).
    var model: String?

    /// `stop-rate`, `stop-after-tokens`, `stop-delay`, `resume-rate`, `resume-after-tokens`, `slow-rate`, `abandon-rate`,
    /// `abandon-after-tokens`. The rates are 0 to 1, 1 in all; `stop-delay` is in seconds.
    var mix: BehaviourMix
    /// `slow-bandwidth`: bytes a second that a slow reader takes; 64 to 1 GiB (8192).
    var slowBandwidth: Int

    /// `redis-url`: where to look for orphans at the end (none: it is not looked).
    var redisURL: String?
    /// `key-prefix` (none).
    var keyPrefix: String
    /// `queue`: looked into besides those of live nodes (`default`).
    var queue: String
    /// `check-saved`: how many saved messages are compared with what was received, drawn by chance; 0 to 1,000,000 (200).
    var checkSaved: Int
    /// `limit`, several by commas: what the figures must fulfil (none).
    var limits: [Limit]

    /// `event-loops`: threads that carry the connections; 1 to 16 (2).
    var eventLoops: Int
    /// `seed`: of all that is drawn by chance (another one each run).
    var seed: UInt64
    /// `json`: where the result goes as JSON; `-` is standard output (none).
    var json: String?
    /// `report`: where the result goes as a page (none).
    var report: String?

    /// The longest answer that is asked for.
    static let maximumTokens = 10_000_000

    /// The time from the beginning to the end of the load.
    var total: Duration { ramp + warmUp + duration }
}
