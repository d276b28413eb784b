package import ArgumentParser
import Logging
import Shared

/// `penstock-frontend`: takes WebSocket clients, publishes their requests as jobs, and hands them the tokens.
package struct FrontendCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "penstock-frontend",
        abstract: "Takes WebSocket clients, publishes their requests as jobs, and hands them the tokens.",
        discussion: """
            Every flag has a twin in the environment (--redis-url is PENSTOCK_REDIS_URL) and a key in the file of --config.
            """,
        version: FrontendConfiguration.version)

    @OptionGroup var options: FrontendOptions

    package init() {}

    package func run() async throws {
        let reader = try SettingsReader(flags: options.flags)
        let configuration = try FrontendConfiguration(reading: reader)
        NodeLogging.bootstrap(level: configuration.node.logLevel, format: configuration.node.logFormat)
        let id = NodeID(role: .frontend)
        let logger = NodeLogging.logger(for: id)
        for key in reader.unknownKeys {
            logger.warning("the configuration file has a setting that is not known", [.setting: "\(key)"])
        }
        let services = try await FrontendServices(configuration, id: id, logger: logger)
        try await services.run()
    }
}
