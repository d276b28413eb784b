import ArgumentParser
import Shared
import UnixSignals

extension PenstockCommand {
    /// `penstock demo`: count, and be stopped.
    struct Demo: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a stop: a backend counts to 999, the client stops it after three numbers.",
            discussion: """
                The client publishes to the queue of a backend directly; with --middle through a middle server, whose context \
                is linked with the backend's; with --websocket through a frontend. Workers and frontend are those of the \
                deployment at --redis-url where there are fitting ones; what is missing, Redis included, is started for the \
                demo and ends with it. Every part says how it ended.

                Exit status: 0 the stop ended it and the saved message is what the client received; 1 otherwise.
                """)

        @OptionGroup var options: ClientOptions

        @Flag(help: "Put a middle server between client and backend.")
        var middle = false

        @Flag(help: "Go through a frontend.")
        var websocket = false

        func validate() throws {
            if middle, websocket { throw ValidationError("--middle and --websocket exclude each other") }
        }

        func run() async throws {
            let settings = try ClientSettings(options)
            let narrator = DemoNarrator(format: settings.output, console: .standard)
            let shape: DemoDeployment.Shape = middle ? .middle : websocket ? .websocket : .direct
            let interrupted = Latch()
            let report = try await Interrupts.handling([.sigint, .sigterm]) {
                interrupted.open()
            } during: {
                let children = DemoChildren(narrator: narrator)
                let result = await Self.race(interrupted) {
                    let deployment = DemoDeployment(shape, settings: settings, children: children, narrator: narrator)
                    return try await Self.run(deployment)
                }
                await children.stop()
                return try result.get()
            }
            if settings.output == .json { Console.standard.line(JSONOutput.text(report)) }
            guard report.isSavedAsReceived, report.state == "cancelled" else { throw ExitStatus.failure }
        }

        private static func run(_ prepared: DemoDeployment) async throws -> DemoReport {
            var deployment = prepared
            try await deployment.findRedis()
            let ready = deployment
            return try await OperatorBroker.with(ready.settings) { broker in
                switch ready.shape {
                case .direct, .middle:
                    let queue = try await ready.findWorkers(broker)
                    return try await QueueDemo(
                        broker: broker, queue: queue, isMiddle: ready.shape == .middle, narrator: ready.narrator
                    ).run()
                case .websocket:
                    let url = try await ready.findFrontend(broker)
                    return try await WebSocketDemo(
                        url: url, options: ready.settings.connection, broker: broker, narrator: ready.narrator
                    ).run()
                }
            }
        }

        /// The result of `body`, or an interruption when the latch opens first.
        private static func race(
            _ interrupted: Latch, _ body: @escaping @Sendable () async throws -> DemoReport
        ) async -> Result<DemoReport, any Error> {
            await withTaskGroup(of: Result<DemoReport, any Error>.self) { group in
                group.addTask {
                    do { return .success(try await body()) } catch { return .failure(error) }
                }
                group.addTask {
                    await interrupted.wait()
                    return .failure(ExitStatus.interrupted)
                }
                defer { group.cancelAll() }
                return await group.next() ?? .failure(CancellationError())
            }
        }
    }
}
