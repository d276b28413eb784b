import Foundation
import TestSupport

extension BarsLab {
    /// Runs `penstock-loadtest` on the frontends, and `meanwhile` from when its load is whole and measured.
    func loadTest<Value: Sendable>(
        _ options: [String], seconds: Double, meanwhile: (LabProcess) async throws -> Value
    ) async throws -> (LoadTestResult, Value) {
        let name = "loadtest-\(UUID().uuidString.prefix(8))"
        let json = directory.appending(path: "\(name).json")
        guard FileManager.default.isExecutableFile(atPath: Programs.loadTest.path) else {
            throw BarsFailure("\(Programs.loadTest.path) is not built")
        }
        let process = try LabProcess(
            name, Programs.loadTest,
            urls.flatMap { ["--url", "\($0)"] } + [
                "--duration", "\(Int(seconds * 1000))ms", "--json", json.path, "--check-saved", "0",
            ] + options, in: directory)
        do {
            // It tells of each second when that is over.
            try await eventually("the load is whole", within: .seconds(180)) {
                guard process.isRunning else {
                    throw BarsFailure("penstock-loadtest ended: \(process.output.suffix(500))")
                }
                return process.output.contains("s load: ")
            }
            let value = try await meanwhile(process)
            let status = try await process.exitStatus(within: .seconds(seconds + 120))
            guard status < 2 else { throw BarsFailure("penstock-loadtest failed: \(process.output.suffix(500))") }
            return (try LoadTestResult(json: try Data(contentsOf: json)), value)
        } catch {
            await process.end()
            throw error
        }
    }
}
