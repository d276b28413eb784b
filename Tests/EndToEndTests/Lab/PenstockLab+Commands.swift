import Foundation
import NIOHTTP1
import Shared
import TestSupport
import Testing

extension PenstockLab {
    /// How a command went.
    struct CommandResult: Sendable {
        var status: Int32
        var output: String
        var errors: String

        func decode<Value: Decodable>(_: Value.Type = Value.self) throws -> Value {
            try JSONDecoder().decode(Value.self, from: Data(output.utf8))
        }
    }

    /// Starts `penstock` with the arguments.
    func starting(_ arguments: [String]) throws -> LabProcess {
        try start("penstock-\(arguments.first ?? "")", Programs.penstock, arguments, separateErrors: true)
    }

    /// Runs `penstock` with the arguments, and waits for its end.
    func penstock(_ arguments: String...) async throws -> CommandResult {
        let process = try starting(arguments)
        let status = try await process.exitStatus()
        return CommandResult(status: status, output: process.output, errors: process.errorOutput)
    }

    /// `redis-cli …` on this lab's Redis: what it prints.
    func redisCLI(_ words: String...) async throws -> String {
        let process = try start(
            "redis-cli", try Programs.find("redis-cli"), ["-p", "\(redis.port)"] + words, separateErrors: true)
        let status = try await process.exitStatus()
        try #require(status == 0, "redis-cli: \(process.errorOutput)")
        return String(process.output.reversed().drop { $0.isNewline }.reversed())
    }

    /// `redis-cli PUBLISH stop:<id> <word>`: how many heard it.
    func publishStop(_ id: RequestID, _ word: String = "stop") async throws -> Int {
        try #require(Int(try await redisCLI("PUBLISH", "stop:\(id)", word)))
    }
}

extension HTTPTarget {
    /// A message, which must be there.
    func message(_ id: MessageID) async throws -> MessageRecord {
        let answer = try await call(.GET, "/messages/\(id)")
        try #require(answer.status == 200, "\(answer.text)")
        return try answer.decode()
    }
}

/// Fails unless the message is saved as cancelled and holds exactly what the client received.
func expectSavedAsReceived(
    _ stream: WebClient.Stream, at http: HTTPTarget, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let saved = try await http.message(stream.id.message)
    let transcript = stream.transcript
    #expect(saved.content == transcript.text, sourceLocation: sourceLocation)
    #expect(saved.finishReason == transcript.complete?.metadata.finishReason, sourceLocation: sourceLocation)
    #expect(saved.isComplete == transcript.complete?.metadata.isComplete, sourceLocation: sourceLocation)
    #expect(saved.usage == transcript.complete?.metadata.usage, sourceLocation: sourceLocation)
    #expect(saved.stop == transcript.stop, sourceLocation: sourceLocation)
}
