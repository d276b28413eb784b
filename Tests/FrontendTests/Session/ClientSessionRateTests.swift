import NIOCore
import NIOEmbedded
import Shared
import TestSupport
import Testing

@testable import Frontend

/// A client that sends too fast, or has too many open requests.
@Suite("ClientSession: rates and owners") struct ClientSessionRateTests {
    private func limit(_ perSecond: Int, burst: Int) -> RateLimiter.Limit {
        .init(.init(perSecond: perSecond), burst: burst)
    }

    private func refusal(_ events: [ServerEvent]) -> CommandFailure? {
        guard events.count == 1, case .failure(let failure)? = events.first else { return nil }
        return failure
    }

    private func state(_ bench: SessionBench, _ id: RequestID) throws -> RequestRecord.State? {
        let record = bench.broker.request(id)
        bench.eventLoop.run()
        return try record.wait()?.state
    }

    @Test func aConnectionThatSendsTooFastIsToldWhenToTryAgain() throws {
        let bench = SessionBench { $0.admission.connectionRate = limit(2, burst: 2) }
        let client = bench.connect()
        let ids = (0..<3).map { _ in RequestID.random() }
        for id in ids { client.send(id) }
        let events = try client.events()
        #expect(events.types.filter { $0 == "message.streaming.start" }.count == 2)
        let failure = try #require(
            events.compactMap { if case .failure(let failure) = $0 { failure } else { nil } }.first)
        #expect(failure.requestID == ids[2].text && failure.errorCode == .rateLimitExceeded)
        #expect(failure.message == "this connection sends faster than it may: 2/s")
        #expect(
            failure.details == [
                "bound": .string("connection_rate"), "limit": .integer(2), "retry_after_ms": .integer(500),
            ])
        #expect(try state(bench, ids[2]) == nil && client.session.machine.count == 2 && bench.watched.count == 2)
        // A join, a stop and a resume pass; another connection has a rate of its own.
        let second = bench.connect()
        _ = try second.events()
        client.send(ids[0])
        client.stop(ids[1])
        #expect(try client.events().outcomes == [.dequeued])
        second.send(.random())
        second.send(.random())
        _ = try second.events()
        second.send(ids[0])
        #expect(try second.events().types == ["message.streaming.start"])
        bench.eventLoop.advanceTime(by: .milliseconds(499))
        client.send(ids[2])
        #expect(
            refusal(try client.events().filter { $0.type == "response.error" })?.details?["retry_after_ms"]
                == .integer(1))
        bench.eventLoop.advanceTime(by: .milliseconds(1))
        client.send(ids[2])
        #expect(try client.events().types.contains("message.streaming.start"))
    }

    /// One who sends it twice, or resumes it first, does not bring it past the bounds.
    @Test(arguments: [true, false], [true, false])
    func whoNamesARequestTwiceIsRefusedAllTheSame(isRate: Bool, resumes: Bool) throws {
        let bench = SessionBench {
            $0.admission.connectionRate = isRate ? limit(1, burst: 1) : nil
            $0.admission.maximumOwnerRequests = isRate ? nil : 1
        }
        let client = bench.connect()
        client.send(.random())
        _ = try client.events()
        let id = RequestID.random()
        if resumes { client.resume(id) } else { client.send(id) }
        client.send(id)
        let failures = try client.events().failures
        #expect(failures.filter { $0 == .rateLimitExceeded }.count == (resumes ? 1 : 2) && failures.count == 2)
        #expect(try state(bench, id) == nil)
        #expect(client.session.machine.count == 1 && bench.watched.count == 1)
    }

    @Test func whoResumesARequestAndSendsItAtOnceIsAnswered() throws {
        let bench = SessionBench()
        let client = bench.connect()
        _ = try client.events()
        let id = RequestID.random()
        client.resume(id)
        client.send(id)
        #expect(try client.events().types == ["response.error", "message.streaming.start"])
        try bench.claim(id)
        _ = try bench.append(id, 1, "heard ")
        #expect(try client.events().text == "heard ")
        #expect(client.session.machine.count == 1 && bench.watched.count == 1)
    }

    /// It is about to start here, as it seems.
    @Test func whoSendsARequestAndResumesItAtOnceIsAnswered() throws {
        let bench = SessionBench { $0.admission.connectionRate = limit(1, burst: 1) }
        let client = bench.connect()
        _ = try client.events()
        let (id, refused) = (RequestID.random(), RequestID.random())
        client.send(id)
        client.resume(id)
        #expect(try client.events().types == ["message.streaming.start"])
        client.send(refused)
        let commands = (0..<2).map { _ in RequestID.random() }
        for command in commands { client.resume(refused, command: command) }
        let failures = try client.events().compactMap { if case .failure(let failure) = $0 { failure } else { nil } }
        #expect(failures.map(\.errorCode) == [.rateLimitExceeded, .messageNotFound, .messageNotFound])
        #expect(failures.dropFirst().map(\.requestID) == commands.map(\.text))
        #expect(client.session.machine.count == 1 && client.session.waitingResumes.isEmpty)
    }

    /// What it joined is not going to start here: the cursor is none, or the feed is not heard.
    @Test(arguments: [true, false]) func aMessageThatJoinsAResumeThatIsRefusedIsAnswered(isForged: Bool) throws {
        let bench = SessionBench()
        let first = bench.connect()
        let id = RequestID.random()
        first.send(id)
        _ = try first.events()
        try bench.claim(id)
        _ = try bench.append(id, 1, "heard ")
        let second = bench.connect()
        _ = try second.events()
        if !isForged { bench.store.holdSubscriptions() }
        second.resume(id, after: isForged ? EntryID(attempt: 9, index: 0) : nil)
        second.send(id)
        if !isForged {
            #expect(try second.events().isEmpty)
            bench.eventLoop.advanceTime(by: .seconds(11))
            bench.store.letSubscriptionsThrough()
        }
        let events = try second.events()
        #expect(events.types == ["response.error", "message.streaming.start", "message.streaming.chunk"])
        #expect(events.failures == [isForged ? .invalidRequest : .internalError])
        #expect(second.session.machine.count == 1 && second.session.waitingSends.isEmpty)
    }

    /// What it was to confirm is refused for the length of the queue, then the queue has room, and another takes the last place here.
    @Test func aRepetitionThatIsAcceptedAloneStreamsWhateverTheBound() throws {
        let bench = SessionBench {
            $0.maximumStreams = 1
            $0.admission.maximumQueueLength = 1
        }
        let (client, other) = (bench.connect(), bench.connect())
        let (first, id, next) = (RequestID.random(), RequestID.random(), RequestID.random())
        other.send(first)
        _ = (try client.events(), try other.events())
        client.send(id)
        bench.store.goAway()
        client.send(id)
        bench.store.comeBack()
        #expect(try client.events().failures == [.rateLimitExceeded])
        bench.store.loseJob(of: first)
        client.send(next)
        #expect(try client.events().types.first == "message.streaming.start")
        bench.store.loseJob(of: next)
        bench.eventLoop.advanceTime(by: .seconds(5))
        #expect(try client.events().types.contains("message.streaming.start"))
        #expect(client.session.streams[id] != nil && bench.watched.watcher(of: id) != nil)
        try bench.claim(id)
        _ = try bench.append(id, 1, "heard ")
        #expect(try client.events().text == "heard ")
    }

    @Test func whoSendsARequestTwiceAtOnceIsToldOfOneStream() throws {
        let bench = SessionBench { $0.admission.maximumOwnerRequests = 1 }
        let client = bench.connect()
        _ = try client.events()
        let id = RequestID.random()
        client.send(id)
        client.send(id)
        #expect(try client.events().types.prefix(1) == ["message.streaming.start"])
        client.send(id, "something else")
        #expect(try client.events().failures == [.invalidRequest])
        try bench.claim(id)
        _ = try bench.append(id, 1, "once ")
        #expect(try client.events().text == "once ")
        #expect(client.session.machine.count == 1 && bench.watched.count == 1)
    }

    @Test func commandsThatWaitForRedisAreBoundedAndLeaveRoomForAStop() throws {
        let bench = SessionBench { $0.maximumStreams = 1 }
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        bench.store.goAway()
        for _ in 0..<257 { client.send(id) }
        #expect(try client.events().isEmpty)
        client.send(id)
        let refused = try #require(refusal(try client.events()))
        #expect(
            refused.details?["bound"] == .string("connection_commands") && refused.details?["limit"] == .integer(257))
        client.stop(id)
        #expect(try client.events().isEmpty)
        bench.store.comeBack()
        bench.eventLoop.advanceTime(by: .seconds(3))
        #expect(try client.events().outcomes == [.dequeued])
    }

    @Test func theRateOfAnOwnerIsThatOfAllItsConnections() throws {
        let bench = SessionBench { $0.admission.ownerRate = limit(1, burst: 2) }
        let (one, two, other) = (bench.connect("ada"), bench.connect("ada"), bench.connect("eve"))
        _ = (try one.events(), try two.events(), try other.events())
        one.send(.random())
        two.send(.random())
        let id = RequestID.random()
        two.send(id)
        other.send(.random())
        #expect(try one.events().types == ["message.streaming.start"])
        let failure = try two.events().compactMap { if case .failure(let failure) = $0 { failure } else { nil } }.first
        #expect(failure?.message == "you send faster than you may: 1/s")
        #expect(failure?.details?["bound"] == .string("owner_rate"))
        #expect(failure?.details?["retry_after_ms"] == .integer(1000))
        #expect(try other.events().types == ["message.streaming.start"])
        bench.eventLoop.advanceTime(by: .seconds(1))
        two.send(id)
        #expect(try two.events().types.contains("message.streaming.start"))
    }

    @Test func theOpenRequestsOfAnOwnerAreBoundedAtAllFrontends() throws {
        let configure: (inout FrontendConfiguration) -> Void = { $0.admission.maximumOwnerRequests = 2 }
        let bench = SessionBench(configure)
        let elsewhere = SessionBench(store: bench.store, configure)
        let (here, there, other) = (bench.connect("ada"), elsewhere.connect("ada"), bench.connect("eve"))
        _ = (try here.events(), try there.events(), try other.events())
        let ids = (0..<4).map { _ in RequestID.random() }
        here.send(ids[0])
        #expect(try here.events().types == ["message.streaming.start"])
        there.send(ids[1])
        #expect(try there.events().types == ["message.streaming.start"])
        here.send(ids[2])
        let failure = try #require(refusal(try here.events()))
        #expect(failure.message == "you have as many open requests as you may: 2")
        #expect(
            failure.details == [
                "bound": .string("owner_requests"), "limit": .integer(2), "retry_after_ms": .integer(1000),
            ])
        #expect(try state(bench, ids[2]) == nil && bench.watched.count == 1)
        other.send(.random())
        #expect(try other.events().types == ["message.streaming.start"])
        // To join and to resume what is there is nothing new; nor is it to send what was refused.
        here.send(ids[1])
        #expect(try here.events().types == ["message.streaming.start"])
        there.resume(ids[0])
        #expect(try there.events().types == ["message.streaming.start"])
        here.stop(ids[0])
        #expect(try here.events().outcomes == [.dequeued])
        there.send(ids[2])
        #expect(try there.events().types.contains("message.streaming.start"))
        there.send(ids[3])
        #expect(refusal(try there.events()) != nil)
    }

    @Test func whatEndsOrIsRefusedCountsNoMore() throws {
        let bench = SessionBench {
            $0.admission.maximumOwnerRequests = 3
            $0.admission.maximumQueueLength = 1
        }
        let client = bench.connect("ada")
        let id = RequestID.random()
        client.send(id)
        client.send(.random())
        #expect(try client.events().failures == [.rateLimitExceeded])
        #expect(bench.store.openRequests(of: "ada") == 1)
        // The same id with other content, and somebody else's id.
        client.send(id, "something else")
        #expect(try client.events().failures == [.invalidRequest])
        let eve = bench.connect("eve")
        eve.send(id)
        #expect(try eve.events().failures == [.invalidRequest])
        #expect(bench.store.openRequests(of: "ada") == 1 && bench.store.openRequests(of: "eve") == 0)
        try bench.claim(id)
        try bench.finish(id)
        #expect(try client.events().types.last == "message.streaming.complete")
        #expect(bench.store.openRequests(of: "ada") == 0)
        // To send again what has ended opens nothing.
        let again = bench.connect("ada")
        again.send(id)
        #expect(try again.events().types.last == "message.streaming.complete")
        #expect(bench.store.openRequests(of: "ada") == 0 && bench.watched.count == 0)
    }

    @Test func whatWasCountedByAFrontendThatDiedCountsNoMore() throws {
        let bench = SessionBench { $0.admission.maximumOwnerRequests = 1 }
        let client = bench.connect("ada")
        let (ended, never) = (RequestID.random(), RequestID.random())
        client.send(ended)
        #expect(try client.events().types.last == "message.streaming.start")
        // It ends where nobody discounts it, and another was never submitted.
        let unbounded = SessionBench(store: bench.store)
        _ = bench.broker.discount(ended, of: "ada")
        _ = bench.broker.count(never, of: "ada", limit: 1)
        bench.eventLoop.run()
        let id = RequestID.random()
        client.send(id)
        #expect(try client.events().failures == [.rateLimitExceeded])
        bench.store.advance(by: .seconds(61))
        client.send(id)
        #expect(try client.events().types == ["message.streaming.start"])
        #expect(unbounded.watched.count == 0 && bench.store.openRequests(of: "ada") == 1)
    }
}
