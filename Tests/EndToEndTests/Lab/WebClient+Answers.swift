import Shared
import TestSupport

@testable import Client

extension WebClient {
    /// A request as this client sees it.
    struct Stream: Sendable {
        let client: WebClient
        let id: RequestID

        var transcript: AnswerTranscript { client.transcript(id) }
        var text: String { transcript.text }

        /// Waits until what was told of the request fulfils `condition`. The time limit is only there to fail at all.
        @discardableResult
        func until(_ what: String, _ condition: (AnswerTranscript) -> Bool) async throws -> AnswerTranscript {
            var transcript = transcript
            try await eventually("\(client.name): \(what) (\(id))", within: .seconds(30)) {
                transcript = self.transcript
                return condition(transcript)
            }
            return transcript
        }

        @discardableResult
        func started() async throws -> AnswerTranscript { try await until("the start") { !$0.starts.isEmpty } }

        @discardableResult
        func chunks(_ count: Int) async throws -> AnswerTranscript {
            try await until("\(count) chunks") { $0.chunks.count >= count }
        }

        @discardableResult
        func ended() async throws -> AnswerTranscript { try await until("the ending") { $0.hasEnded } }

        /// Stops it, and waits for the answer.
        @discardableResult
        func stop(
            mode: StopIntent.Mode? = nil, reason: String? = nil, byMessage: Bool = false
        ) async throws -> CommandSuccess.StopResult {
            let command = RequestID.random()
            try await client.post(
                command,
                .stop(
                    StopCommand(
                        requestID: byMessage ? nil : id, messageID: byMessage ? id.message : nil, mode: mode,
                        reason: reason)))
            switch try await client.reply(to: command) {
            case .success(let result): return result
            case .failure(let failure):
                throw LabFailure(description: "the stop was refused: \(failure.errorCode.rawValue) \(failure.message)")
            }
        }
    }

    /// Asks for `count` numbers, one each `interval` milliseconds.
    func send(
        count: Int, interval: Int, content: String = "Count.", id: RequestID = .random(), session: SessionID? = nil
    ) async throws -> Stream {
        try await post(
            id,
            .send(
                SendCommand(
                    sessionID: session, content: content,
                    parameters: ["count": .integer(Int64(count)), "interval_ms": .integer(Int64(interval))])))
        return Stream(client: self, id: id)
    }

    func resume(_ id: RequestID, after cursor: EntryID? = nil) async throws -> Stream {
        try await post(.random(), .resume(ResumeCommand(requestID: id, after: cursor)))
        return Stream(client: self, id: id)
    }
}
