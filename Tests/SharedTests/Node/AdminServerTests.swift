import Foundation
import Logging
import Metrics
import ServiceLifecycle
import Testing

@testable import Shared

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

@Suite struct AdminServerTests {
    func get(_ port: Int, _ path: String) async throws -> (status: Int, body: String, type: String) {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
        let (data, response) = try await URLSession.shared.data(from: url)
        let http = try #require(response as? HTTPURLResponse)
        let type = http.value(forHTTPHeaderField: "Content-Type") ?? ""
        return (http.statusCode, String(decoding: data, as: UTF8.self), type)
    }

    @Test func tellsOfHealth() async throws {
        let readiness = Readiness([.redis])
        let registry = PrometheusRegistry()
        Counter(label: "seen_total", factory: registry).increment()
        let server = AdminServer(
            listen: .tcp(host: "127.0.0.1", port: 0), readiness: readiness, metrics: registry,
            logger: Logger(label: "test"))
        let group = ServiceGroup(configuration: .init(services: [server], logger: Logger(label: "test")))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            let port = try #require(try await server.bound.port())
            #expect(try await get(port, "/livez").status == 200)
            let before = try await get(port, "/readyz")
            #expect(before.status == 503)
            #expect(before.body == #"{"ready":false,"conditions":{"redis":{"met":false,"reason":"not yet"}}}"# + "\n")
            readiness.meet(.redis)
            #expect(try await get(port, "/readyz").status == 200)
            let metrics = try await get(port, "/metrics")
            #expect(metrics.body.contains("seen_total 1\n"))
            #expect(metrics.type.hasPrefix("text/plain; version=0.0.4"))
            #expect(try await get(port, "/other").status == 404)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func aTakenAddressIsAnError() async throws {
        let server = AdminServer(
            listen: .unix(path: "/nowhere/at/all.sock"), readiness: Readiness([]), metrics: PrometheusRegistry(),
            logger: Logger(label: "test"))
        await #expect(throws: (any Error).self) { try await server.run() }
        await #expect(throws: (any Error).self) { try await server.bound.get() }
    }
}
