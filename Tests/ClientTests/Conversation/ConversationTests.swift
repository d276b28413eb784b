import ArgumentParser
import Shared
import Synchronization
import Testing

@testable import Client

@Suite(.timeLimit(.minutes(1))) struct ConversationTests {
    /// The whole of it against a frontend that breaks the connection in the middle.
    @Test func survivesALostConnectionAndStops() async throws {
        let session = SessionID.random()
        let heard = Mutex<[String]>([])
        let midway = Latch()
        let frontend = try await FrontendDouble { connection, happening in
            guard case .event(let event) = happening else { return }
            switch event.command {
            case .send(let send):
                heard.withLock { $0.append("send \(send.content)") }
                connection.send(.start(event.id, session))
                connection.send(.chunk(event.id, 1, "0 "))
                connection.send(.chunk(event.id, 2, "1 "))
                connection.close(1001)
            case .resume(let resume):
                heard.withLock { $0.append("resume \(resume.after?.description ?? "-")") }
                connection.send(.start(resume.requestID, session, resumed: true))
                connection.send(.chunk(resume.requestID, 3, "2 "))
                midway.open()
            case .stop(let stop):
                guard let id = stop.requestID else { return }
                heard.withLock { $0.append("stop") }
                connection.send(.stopped(event.id, id))
                connection.send(.complete(id, "cancelled", stop: StopIntent(by: .user)))
            case .authenticate: break
            }
        }
        var settings = try ClientSettings(
            reading: SettingsReader(flags: ClientOptions.parse([]).flags, environment: [:]))
        settings.url = frontend.url
        settings.output = .json
        let result = Mutex<Answer?>(nil)
        let finished = Latch()
        let conversation = Conversation(settings, sessionID: nil) { answer in
            result.withLock { $0 = answer }
            finished.open()
        }
        conversation.say(SendCommand(content: "count"))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await conversation.run() }
            await midway.wait()
            #expect(!conversation.interrupt())
            await finished.wait()
            group.cancelAll()
        }
        #expect(heard.withLock { $0 } == ["send count", "resume 1-2", "stop"])
        let answer = try #require(result.withLock { $0 })
        #expect(answer.state == .cancelled)
        #expect(answer.sessionID == session)
        #expect(answer.stop?.by == .user)
        await frontend.close()
    }
}
