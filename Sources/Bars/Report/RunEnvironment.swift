import Foundation
import NIOCore
import TestSupport

/// Where and when a run was.
struct RunEnvironment: Sendable, Codable {
    var label: String?
    var startedAt: String
    var seconds: Double
    var cores: Int
    var processor: String
    var system: String
    var redis: String
    var loadAverageBefore: Double
    var loadAverageAfter: Double
    var isQuick: Bool

    enum CodingKeys: String, CodingKey {
        case label, seconds, cores, processor, system, redis
        case startedAt = "started_at"
        case loadAverageBefore = "load_average_before"
        case loadAverageAfter = "load_average_after"
        case isQuick = "quick"
    }

    /// One line about it.
    var sentence: String {
        """
        \(cores) cores (\(processor)), \(system), Redis \(redis)\(label.map { ", \($0)" } ?? ""). \
        Load average \(loadAverageBefore.decimal(2)) before, \(loadAverageAfter.decimal(2)) after \(seconds.decimal(0)) s.
        """
    }
}

extension RunEnvironment {
    /// That of a run which is over now.
    init(label: String?, began: Date, loadBefore: Double, isQuick: Bool) async throws {
        self.init(
            label: label, startedAt: began.formatted(.iso8601), seconds: Date().timeIntervalSince(began),
            cores: System.coreCount, processor: MachineFigures.processor(),
            system: ProcessInfo.processInfo.operatingSystemVersionString, redis: try await Self.redisVersion(),
            loadAverageBefore: loadBefore, loadAverageAfter: MachineFigures.loadAverage(), isQuick: isQuick)
    }

    private static func redisVersion() async throws -> String {
        let server = try await RedisServerProcess()
        defer { server.kill() }
        return try RedisDoor(url: server.url).version()
    }
}
