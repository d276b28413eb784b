import ArgumentParser
import Shared
import Testing

@testable import Frontend

@Suite("AdmissionConfiguration") struct AdmissionConfigurationTests {
    private func read(_ flags: [String: String], asksForTokens: Bool = false) throws -> AdmissionConfiguration {
        var all = try AdmissionOptions.parse([]).flags
        for (key, value) in flags { all[key] = .some(value) }
        let reader = try SettingsReader(flags: all, environment: [:])
        return try AdmissionConfiguration(reading: reader, asksForTokens: asksForTokens)
    }

    @Test func everybodyIsOneOwnerWhereNobodyIsAsked() throws {
        let configuration = try read([:])
        #expect(configuration.maximumOwnerRequests == nil && configuration.ownerRate == nil)
        #expect(configuration.maximumQueueLength == 20_000 && configuration.connectionRate == nil)
        #expect(configuration.timeLimits == TimeLimits(queue: 600_000, total: 86_400_000))
        #expect(configuration.eventRate == .init(.init(perSecond: 5000), burst: 20_000))
    }

    @Test func ownersAreBoundedWhereTheyAreToldApart() throws {
        let configuration = try read([:], asksForTokens: true)
        #expect(configuration.maximumOwnerRequests == 1000)
        #expect(configuration.ownerRate == .init(.init(perSecond: 100), burst: 1000))
    }

    @Test func zeroIsNoBound() throws {
        let keys = [
            "max-queue-length", "max-queue-time", "max-duration", "max-owner-requests", "owner-rate", "connection-rate",
            "event-rate",
        ]
        let configuration = try read(Dictionary(uniqueKeysWithValues: keys.map { ($0, "0") }), asksForTokens: true)
        #expect(configuration.maximumQueueLength == nil && configuration.timeLimits == TimeLimits())
        #expect(configuration.maximumOwnerRequests == nil && configuration.ownerRate == nil)
        #expect(configuration.connectionRate == nil && configuration.eventRate == nil)
    }

    @Test func aRateThatIsGivenAllowsItsNumberAtOnce() throws {
        var configuration = try read(
            ["owner-rate": "20/m", "connection-rate": "5", "connection-burst": "9", "event-rate": "7"],
            asksForTokens: true)
        #expect(configuration.ownerRate?.rate.description == "20/m" && configuration.ownerRate?.burst == 20)
        #expect(configuration.connectionRate == .init(.init(perSecond: 5), burst: 9))
        #expect(configuration.eventRate == .init(.init(perSecond: 7), burst: 20_000))
        configuration = try read(["owner-burst": "3"], asksForTokens: true)
        #expect(configuration.ownerRate == .init(.init(perSecond: 100), burst: 3))
    }

    @Test func timesAreReadToTheMillisecond() throws {
        let configuration = try read(["max-queue-time": "0.1ms", "max-duration": "1.5s"])
        #expect(configuration.timeLimits == TimeLimits(queue: 1, total: 1500))
    }

    @Test(arguments: [
        ["max-queue-length": "-1"], ["max-queue-time": "soon"], ["max-duration": "169h"], ["max-owner-requests": "x"],
        ["owner-rate": "5/d"], ["connection-rate": "1000001"], ["connection-burst": "0"], ["event-burst": "1000001"],
    ])
    func refusesWhatIsOutOfRange(_ flags: [String: String]) throws {
        let error = #expect(throws: SettingsError.self) { try read(flags) }
        #expect(error?.key == flags.keys.first)
    }
}
