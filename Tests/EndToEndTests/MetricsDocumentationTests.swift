import Shared
import Testing
import Worker

@testable import Frontend

@Suite("What is written of the metrics") struct MetricsDocumentationTests {
    /// Every metric there is, by name.
    private let all = Set(FrontendMetrics.help.keys)
        .union(WorkerMetrics.help.keys)
        .union(PrometheusRegistry.nodeHelp.keys)
        .union(ProcessMetrics.collect().map(\.name))

    @Test func itIsAllThatThereIs() throws {
        let documented = try MetricsDocumentation()
        #expect(documented.repeated.isEmpty)
        #expect(Set(documented.labels.keys).subtracting(all).isEmpty, "documented, but not there")
        #expect(all.subtracting(documented.labels.keys).isEmpty, "there, but not documented")
    }

    @Test(arguments: ["docs/observability.md", "deploy/prometheus/alerts.yml"])
    func whatIsMentionedExists(path: String) throws {
        let mentioned = MetricsDocumentation.names(in: try MetricsDocumentation.file(path))
        #expect(mentioned.count > 5)
        #expect(mentioned.subtracting(all).isEmpty)
    }
}
