private import HTTPTypes
private import Hummingbird
package import Logging
private import NIOCore
import ServiceLifecycle

/// Tells of a node's health on its internal port: `GET /livez` (200 while the process runs), `GET /readyz` (200 or 503, and
/// which conditions are met) and `GET /metrics` (Prometheus text). It asks nobody who they are: keep the port internal.
///
/// Put it first among a node's services: it then comes up first, and stops last, so that a draining node can be watched.
package struct AdminServer: Service {
    private let listen: ListenAddress
    private let readiness: Readiness
    private let metrics: PrometheusRegistry
    private let probes: [@Sendable () async -> [PrometheusSample]]
    private let logger: Logger
    /// Where the server listens.
    package let bound = BoundAddress()

    /// A server that runs with `run()`. Each reading of the metrics asks the `probes` for further numbers, in order.
    package init(
        listen: ListenAddress, readiness: Readiness, metrics: PrometheusRegistry,
        probes: [@Sendable () async -> [PrometheusSample]] = [], logger: Logger
    ) {
        self.probes = probes
        self.listen = listen
        self.readiness = readiness
        self.metrics = metrics
        self.logger = logger
    }

    /// Serves until the node shuts down. Throws where the address cannot be bound.
    package func run() async throws {
        let application = Application(
            router: router(),
            configuration: ApplicationConfiguration(address: listen.bindAddress),
            onServerRunning: { [bound] channel in bound.resolve(channel) },
            logger: logger)
        do {
            try await application.run()
        } catch {
            bound.fail(error)
            throw error
        }
        bound.fail(CancellationError())
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("livez") { _, _ in "ok\n" }
        router.get("readyz") { [readiness] _, _ in
            let report = readiness.report
            return Self.response(
                report.allSatisfy { $0.obstacle == nil } ? .ok : .serviceUnavailable, "application/json",
                Readiness.json(report))
        }
        router.get("metrics") { [metrics, probes] _, _ in
            var probed: [PrometheusSample] = []
            for probe in probes { probed += await probe() }
            return Self.response(.ok, "text/plain; version=0.0.4; charset=utf-8", metrics.render(besides: probed))
        }
        return router
    }

    private static func response(_ status: HTTPResponse.Status, _ type: String, _ body: String) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = type
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}
