import ArgumentParser
import NIOCore
import Shared
import TestSupport

@testable import Client

extension PenstockLab {
    /// Starts a request of an owner that no client of this lab is, and waits until it has said something.
    func submitForeign() async throws -> RequestID {
        let options = try ClientOptions.parse(["--redis-url", redis.url])
        let job = GenerationJob(
            requestID: .random(), sessionID: .random(), owner: "somebody else", content: "Count.",
            parameters: ["count": .integer(1000), "interval_ms": .integer(Int64(minute))])
        try await OperatorBroker.with(ClientSettings(options)) { broker in
            let generation = try await Generation.start(
                Submission(job: job, queue: "default", isNewSession: true), through: broker)
            defer { generation.leave() }
            try await eventually("somebody else's request runs") {
                try await broker.message(job.requestID.message).get()?.content == "0 "
            }
        }
        return job.requestID
    }
}
