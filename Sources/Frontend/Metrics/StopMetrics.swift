import Metrics
import NIOCore
import Shared

/// What a frontend counts of stops.
struct StopMetrics: Sendable {
    private typealias Name = FrontendMetrics.Name

    private let registry: PrometheusRegistry
    private let recorded: [StopOutcome: Timer]
    private let settled: [StopOutcome: Timer]

    init(registry: PrometheusRegistry) {
        func timers(_ name: String) -> [StopOutcome: Timer] {
            let outcomes: [StopOutcome] = [.stopped, .dequeued, .alreadyStopped, .alreadyCompleted]
            return Dictionary(
                uniqueKeysWithValues: outcomes.map {
                    ($0, Timer(label: name, dimensions: [("met", Self.met($0))], factory: registry))
                })
        }
        self.registry = registry
        recorded = timers(Name.stopRecorded)
        settled = timers(Name.stopSettled)
    }

    /// A stop that arrived so long ago is durable.
    func recorded(_ outcome: StopOutcome, _ intent: StopIntent, after time: TimeAmount) {
        Counter(
            label: Name.stops, dimensions: [("outcome", outcome.rawValue)] + Self.labels(intent), factory: registry
        ).increment()
        recorded[outcome]?.recordNanoseconds(time.nanoseconds)
    }

    /// Whoever asked for a stop that arrived so long ago was handed the ending.
    func settled(_ outcome: StopOutcome, after time: TimeAmount) {
        settled[outcome]?.recordNanoseconds(time.nanoseconds)
    }

    /// Who stopped, and how; nothing where nobody did.
    static func labels(_ stop: StopIntent?) -> [(String, String)] {
        stop.map { [("by", $0.by.rawValue), ("mode", $0.mode.rawValue)] } ?? []
    }

    /// The state in which a stop found its request.
    private static func met(_ outcome: StopOutcome) -> String {
        switch outcome {
        case .dequeued: "queued"
        case .stopped: "running"
        case .alreadyStopped: "stopped"
        case .alreadyCompleted: "ended"
        }
    }
}
