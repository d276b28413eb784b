import NIOCore
import NIOEmbedded
import Shared
import TestSupport
import Testing

@testable import Frontend

/// Who may do what with whose requests, and what comes of tokens.
@Suite("ClientSession: identity")
struct ClientSessionIdentityTests {
    private let authenticator = TextAuthenticator()
    private let unknown = RequestID.random()

    /// A request of ada's that runs, with one chunk.
    private func running(_ bench: SessionBench) throws -> (SessionBench.Client, RequestID) {
        let ada = bench.connect("ada")
        let id = RequestID.random()
        ada.send(id)
        _ = try ada.events()
        try bench.claim(id)
        #expect(try bench.append(id, 1, "one ") == .written)
        _ = try ada.events()
        return (ada, id)
    }

    /// What a client is told, with the id of its command taken out.
    private func failure(_ events: [ServerEvent], of command: RequestID) -> CommandFailure? {
        guard events.count == 1, case .failure(var failure)? = events.first else { return nil }
        #expect(failure.requestID == command.text)
        failure.requestID = nil
        return failure
    }

    // MARK: Two owners

    @Test(arguments: [true, false])
    func whatIsForeignIsUnknown(hasEnded: Bool) throws {
        let bench = SessionBench()
        let (ada, id) = try running(bench)
        if hasEnded { try bench.finish(id) }
        let eve = bench.connect("eve")
        _ = try eve.events()
        let commands: [(RequestID) -> ClientEvent.Command] = [
            { .stop(StopCommand(requestID: $0)) },
            { .stop(StopCommand(messageID: $0.message, mode: .kill)) },
            { .resume(ResumeCommand(requestID: $0)) },
            { .resume(ResumeCommand(requestID: $0, after: EntryID(attempt: 9, index: 9))) },
            { .send(SendCommand(content: "x", parentMessageID: $0.message)) },
        ]
        for make in commands {
            let command = RequestID.random()
            eve.say(ClientEvent(id: command, command: make(id)))
            let foreign = failure(try eve.events(), of: command)
            eve.say(ClientEvent(id: command, command: make(unknown)))
            #expect(foreign != nil)
            #expect(foreign == failure(try eve.events(), of: command))
        }
        #expect(eve.session.streams.isEmpty && eve.session.machine.count == 0)
        guard !hasEnded else { return }
        #expect(try bench.append(id, 2, "two ") == .written)
        #expect(try ada.events().text == "two ")
    }

    @Test func aForeignConversationIsUnknown() throws {
        let bench = SessionBench()
        let ada = bench.connect("ada")
        ada.send(.random())
        let started = try ada.events().compactMap { if case .streamingStart(let start) = $0 { start } else { nil } }
        let session = try #require(started.first).sessionID
        let eve = bench.connect("eve")
        _ = try eve.events()
        let command = RequestID.random()
        eve.send(command) { $0.sessionID = session }
        let foreign = failure(try eve.events(), of: command)
        eve.send(command) { $0.sessionID = .random() }
        #expect(foreign?.errorCode == .sessionNotFound)
        #expect(foreign == failure(try eve.events(), of: command))
        ada.send(.random()) { $0.sessionID = session }
        #expect(try ada.events().types == ["message.streaming.start"])
    }

    @Test func aForeignIDCannotBeJoined() throws {
        let bench = SessionBench()
        let (_, id) = try running(bench)
        let eve = bench.connect("eve")
        _ = try eve.events()
        eve.send(id)
        #expect(try eve.events().failures == [.invalidRequest])
        #expect(try bench.append(id, 2, "two ") == .written)
        #expect(try eve.events().isEmpty)
    }

    /// Whoever names a foreign id and leaves at once is its last viewer, as far as this node knows.
    @Test func nobodyStopsAForeignRequestByLeavingIt() throws {
        let bench = SessionBench()
        let ada = bench.connect("ada")
        let id = RequestID.random()
        ada.send(id) { $0.onDisconnect = .continue }
        _ = try ada.events()
        try bench.claim(id)
        ada.leave()
        bench.eventLoop.run()
        // Another node knows nothing of it.
        bench.loop.registry.ended(id)
        let eve = bench.connect("eve")
        eve.send(id) { $0.onDisconnect = .stop }
        eve.leave()
        bench.eventLoop.advanceTime(by: .seconds(120))
        #expect(try bench.append(id, 1, "on ") == .written)
    }

    @Test func anOperatorStopsAndResumesAnybodys() throws {
        let bench = SessionBench()
        let (ada, id) = try running(bench)
        let root = bench.connect(.known(Identity(owner: "root", isOperator: true)))
        _ = try root.events()
        root.resume(id)
        #expect(try root.events().text == "one ")
        root.say(ClientEvent(id: .random(), command: .stop(StopCommand(messageID: id.message, reason: "off topic"))))
        #expect(try root.events().outcomes == [.stopped])
        #expect(try bench.append(id, 2, "two ") == .sealed)
        try bench.finish(id)
        guard case .streamingComplete(let ending)? = try ada.events().last else {
            Issue.record("no ending")
            return
        }
        #expect(ending.metadata.stop?.by == .operator)
        #expect(ending.metadata.stop?.reason == "off topic")
        root.stop(unknown)
        #expect(try root.events().failures == [.messageNotFound])
        // A conversation is continued by its owner alone.
        root.send(.random()) { $0.parentMessageID = id.message }
        #expect(try root.events().failures == [.messageNotFound])
    }

    // MARK: Tokens

    @Test func nothingIsDoneBeforeTheToken() throws {
        let bench = SessionBench(authenticator: authenticator)
        let client = bench.connect(.awaited)
        guard case .connectionReady(let ready)? = try client.events().first else {
            Issue.record("not welcomed")
            return
        }
        #expect(ready.authRequired == true)
        #expect(ready.authTimeoutMilliseconds == 10_000)
        #expect(ready.capabilities.contains("auth"))
        #expect(client.connection.messageLimit == 16 * 1024)
        let id = RequestID.random()
        client.send(id)
        client.stop(id)
        client.resume(id)
        #expect(try client.events().failures == [.authRequired, .authRequired, .authRequired])
        #expect(client.connection.closeCode == nil)
        let command = RequestID.random()
        client.show("ada", command: command)
        #expect(try client.events() == [.authenticated(AuthSuccess(requestID: command, expiresAt: nil))])
        #expect(client.connection.messageLimit == nil)
        client.send(id)
        #expect(try client.events().types == ["message.streaming.start"])
        bench.eventLoop.advanceTime(by: .seconds(60))
        #expect(client.connection.closeCode == nil)
        #expect(bench.connect("ada").session.identity.owner == client.session.identity.owner)
    }

    @Test func theTimeToSayWhoOneIsEnds() throws {
        let bench = SessionBench(authenticator: authenticator) { $0.authenticationTimeout = .seconds(3) }
        let client = bench.connect(.awaited)
        client.send(.random())
        bench.eventLoop.advanceTime(by: .seconds(2))
        #expect(client.connection.closeCode == nil)
        bench.eventLoop.advanceTime(by: .seconds(1))
        #expect(client.connection.closeCode == .unauthorized)
        #expect(try client.events().types == ["connection.ready", "response.error", "connection.error"])
    }

    @Test func aBadTokenEndsTheConnection() throws {
        let bench = SessionBench(authenticator: authenticator)
        let client = bench.connect(.awaited)
        client.show("")
        #expect(try client.events().types == ["connection.ready", "response.error", "connection.error"])
        #expect(client.connection.closeCode == .unauthorized)
        let other = bench.connect(.refused(.expired))
        #expect(
            try other.events() == [
                .connectionError(ConnectionError(errorCode: .authRequired, message: "the token has expired"))
            ])
        #expect(other.connection.closeCode == .unauthorized)
    }

    @Test func theEndOfATokenEndsTheConnectionAndNoRequest() throws {
        let bench = SessionBench(authenticator: authenticator)
        let client = bench.connect(.known(try authenticator.authenticate("ada until 10")))
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        // The clock was set back while the timer ran.
        bench.eventLoop.advanceTime(by: .seconds(10))
        #expect(client.connection.closeCode == nil)
        authenticator.seconds = 10
        bench.eventLoop.advanceTime(by: .seconds(10))
        #expect(client.connection.closeCode == .unauthorized)
        #expect(try client.events().types == ["connection.error"])
        client.leave()
        #expect(try bench.append(id, 1, "one ") == .written)
        let again = bench.connect(.known(try authenticator.authenticate("ada until 20")))
        _ = try again.events()
        again.resume(id)
        #expect(try again.events().text == "one ")
    }

    @Test func aCommandBehindTheEndOfTheTokenIsRefused() throws {
        let bench = SessionBench(authenticator: authenticator)
        let client = bench.connect(.known(try authenticator.authenticate("ada until 10")))
        _ = try client.events()
        authenticator.seconds = 11
        client.send(.random())
        #expect(try client.events().types == ["response.error", "connection.error"])
        #expect(client.connection.closeCode == .unauthorized)
    }

    @Test func aNewTokenOfTheSameOwnerGoesOn() throws {
        let bench = SessionBench(authenticator: authenticator)
        let client = bench.connect(.known(try authenticator.authenticate("ada until 10")))
        _ = try client.events()
        client.show("eve")
        client.show("")
        #expect(try client.events().failures == [.invalidRequest, .authRequired])
        client.show("ada until 30")
        authenticator.seconds = 20
        bench.eventLoop.advanceTime(by: .seconds(20))
        #expect(client.connection.closeCode == nil)
        client.send(.random())
        #expect(try client.events().failures.isEmpty)
        authenticator.seconds = 30
        bench.eventLoop.advanceTime(by: .seconds(10))
        #expect(client.connection.closeCode == .unauthorized)
    }
}
