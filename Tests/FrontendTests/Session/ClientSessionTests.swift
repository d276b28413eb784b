import NIOCore
import NIOEmbedded
import Shared
import TestSupport
import Testing

@testable import Frontend

@Suite("ClientSession")
struct ClientSessionTests {
    private let start = "message.streaming.start"
    private let chunk = "message.streaming.chunk"
    private let complete = "message.streaming.complete"

    @Test func streamsFromStartToEnding() throws {
        let bench = SessionBench()
        let client = bench.connect()
        #expect(try client.events().types == ["connection.ready"])
        let id = RequestID.random()
        client.send(id)
        #expect(try client.events().types == [start])
        try bench.claim(id)
        #expect(try bench.append(id, 1, "a \"quoted\" \n\u{1} line ") == .written)
        #expect(try bench.append(id, 2, "😀\\") == .written)
        let events = try client.events()
        #expect(events.types == [chunk, chunk])
        #expect(events.text == "a \"quoted\" \n\u{1} line 😀\\")
        try bench.finish(id)
        guard case .streamingComplete(let ending)? = try client.events().first else {
            Issue.record("no ending")
            return
        }
        #expect(ending.metadata.isComplete)
        #expect(ending.metadata.finishReason == "stop")
        #expect(client.session.streams.isEmpty && client.session.machine.count == 0)
    }

    @Test func aRequestThatRedisLostIsToldToBeLost() throws {
        let bench = SessionBench()
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        #expect(try bench.append(id, 1, "a ") == .written)
        #expect(try client.events().types == [chunk])
        bench.store.goAway()
        bench.store.loseData()
        bench.store.comeBack()
        guard case .streamingError(let error)? = try client.events().first else {
            Issue.record("the client is left to wait")
            return
        }
        #expect(error.requestID == id)
        #expect(error.errorCode == .internalError)
        #expect(error.message == "the request was lost")
        #expect(client.session.streams.isEmpty && client.session.machine.count == 0)
        #expect(bench.store.stopListeners(of: id) == 0)
    }

    @Test func aStopRightBehindItsSendWins() throws {
        let bench = SessionBench()
        let client = bench.connect()
        _ = try client.events()
        let id = RequestID.random()
        client.send(id)
        client.stop(id)
        let events = try client.events()
        #expect(events.types.first == start)
        #expect(events.outcomes == [.dequeued])
        #expect(events.types.filter { $0 == complete }.count == 1)
    }

    @Test func nothingButTheEndingFollowsAnAcknowledgement() throws {
        let bench = SessionBench()
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        _ = try bench.append(id, 1, "one ")
        bench.store.loseFeed(1)
        _ = try bench.append(id, 2, "two ")
        client.stop(id)
        #expect(try bench.append(id, 3, "three ") == .sealed)
        try bench.finish(id)
        let events = try client.events()
        #expect(events.text == "one two ")
        #expect(events.types.suffix(2) == ["response.success", complete])
        client.stop(id)
        #expect(try client.events().outcomes == [.alreadyStopped])
    }

    @Test func aSlowClientIsHandedItsTextBeforeTheAcknowledgement() throws {
        let bench = SessionBench()
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        client.connection.isOutboundPaused = true
        client.session.outboundPaused()
        _ = try bench.append(id, 1, "one ")
        client.stop(id)
        #expect(try client.events().isEmpty)
        client.connection.isOutboundPaused = false
        client.session.outboundResumed()
        let events = try client.events()
        #expect(events.types == [chunk, "response.success"])
        #expect(events.text == "one ")
    }

    @Test func whatIsForeignOrUnknownDoesNotExist() throws {
        let bench = SessionBench()
        let client = bench.connect("a")
        let other = bench.connect("b")
        _ = (try client.events(), try other.events())
        let id = RequestID.random()
        client.send(id)
        guard case .streamingStart(let started)? = try client.events().first else {
            Issue.record("no start")
            return
        }
        other.stop(id)
        other.resume(id)
        other.stop(.random())
        other.send(id)
        other.send(.random()) { $0.sessionID = started.sessionID }
        other.send(.random()) { $0.sessionID = .random() }
        other.send(.random()) { $0.parentMessageID = id.message }
        #expect(
            try other.events().failures.sorted { $0.rawValue < $1.rawValue } == [
                .invalidRequest, .messageNotFound, .messageNotFound, .messageNotFound, .messageNotFound,
                .sessionNotFound, .sessionNotFound,
            ])
        #expect(try client.events().isEmpty)
    }

    @Test func aForeignIdDoesNotTouchTheWatchOfItsOwner() throws {
        let bench = SessionBench { $0.disconnectPolicy = .grace(seconds: 30) }
        let owner = bench.connect("a")
        let other = bench.connect("b")
        let id = RequestID.random()
        owner.send(id)
        _ = (try owner.events(), try other.events())
        try bench.claim(id)
        owner.leave()
        // Each of these began the grace anew, while nobody who may watch did.
        for _ in 0..<4 {
            bench.eventLoop.advanceTime(by: .seconds(6))
            other.send(id)
            #expect(try other.events().failures == [.invalidRequest])
        }
        bench.eventLoop.advanceTime(by: .seconds(7))
        #expect(try bench.append(id, 1, "x") == .sealed)
        #expect(bench.store.stopListeners(of: id) == 1)
        #expect(bench.watched.count == 1)
    }

    @Test func aPublishRightBehindTheStartIsHeard() throws {
        let bench = SessionBench()
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        #expect(try client.events().types.last == start)
        #expect(bench.store.publishStop(id, "enough") == 1)
        #expect(try client.events().types == [complete])
        #expect(bench.store.stopListeners(of: id) == 0)
        #expect(bench.watched.count == 0)
    }

    @Test func theRequestsOfANodeAreBounded() throws {
        let bench = SessionBench(watchLimit: 1)
        let client = bench.connect()
        _ = try client.events()
        client.send(.random())
        client.send(.random())
        #expect(try client.events().failures == [.rateLimitExceeded])
        #expect(bench.watched.count == 1)
    }

    @Test func theSameIdJoins() throws {
        let bench = SessionBench()
        let client = bench.connect()
        let second = bench.connect()
        _ = (try client.events(), try second.events())
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        _ = try bench.append(id, 1, "one ")
        client.send(id)
        second.send(id)
        let again = try client.events()
        #expect(again.types == [chunk, start])
        let joined = try second.events()
        #expect(joined.types == [start, chunk])
        guard case .streamingStart(let start) = joined[0] else { return }
        #expect(start.resumed == true)
        client.send(id, "something else")
        #expect(try client.events().failures == [.invalidRequest])
        try bench.finish(id)
        #expect(try client.events().types == [complete])
        client.send(id)
        #expect(try client.events().types == [self.start, complete])
    }

    @Test func resumesRunningAndEndedRequestsAtTheCursor() throws {
        let bench = SessionBench()
        let first = bench.connect()
        let id = RequestID.random()
        first.send(id)
        _ = try first.events()
        try bench.claim(id)
        for index in 1...3 { _ = try bench.append(id, UInt64(index), "\(index) ") }
        first.leave()
        let second = bench.connect()
        _ = try second.events()
        second.resume(id, after: EntryID(attempt: 1, index: 1))
        #expect(try second.events().text == "2 3 ")
        try bench.finish(id)
        _ = try second.events()
        second.resume(id, after: EntryID(attempt: 1, index: 2))
        let events = try second.events()
        #expect(events.types == [start, chunk, complete])
        second.resume(id, after: EntryID(attempt: 9, index: 0))
        #expect(try second.events().failures == [.invalidRequest])
    }

    /// The count at the other node would miss it.
    @Test func nobodyIsToldThatItWatchesBeforeItCounts() throws {
        let bench = SessionBench { $0.disconnectPolicy = .stop }
        let elsewhere = SessionBench(store: bench.store) { $0.disconnectPolicy = .stop }
        let first = bench.connect()
        let id = RequestID.random()
        first.send(id)
        _ = try first.events()
        try bench.claim(id)
        _ = try bench.append(id, 1, "one ")
        let second = elsewhere.connect()
        _ = try second.events()
        bench.store.holdSubscriptions()
        second.resume(id)
        // As long as it waits for the stop channel.
        elsewhere.eventLoop.advanceTime(by: .seconds(3))
        #expect(try second.events().isEmpty)
        second.resume(id)
        second.send(id)
        #expect(try second.events().isEmpty)
        bench.store.letSubscriptionsThrough()
        #expect(try second.events().types == [start, chunk])
        first.leave()
        bench.eventLoop.advanceTime(by: .seconds(1))
        #expect(try bench.append(id, 2, "two ") == .written)
        #expect(try second.events().text == "two ")
        second.leave()
        elsewhere.eventLoop.advanceTime(by: .seconds(1))
        bench.eventLoop.advanceTime(by: .seconds(1))
        #expect(try bench.append(id, 3, "three ") == .sealed)
    }

    @Test func aRequestKeepsItsPolicyAtAnotherFrontend() throws {
        let bench = SessionBench { $0.disconnectPolicy = .continue }
        let elsewhere = SessionBench(store: bench.store) { $0.disconnectPolicy = .stop }
        func resume(afterSending policy: DisconnectPolicy?) throws -> (RequestID, SessionBench.Client) {
            let first = bench.connect()
            let id = RequestID.random()
            first.send(id) { $0.onDisconnect = policy }
            _ = try first.events()
            try bench.claim(id)
            let second = elsewhere.connect()
            _ = try second.events()
            second.resume(id)
            #expect(try second.events().types == [start])
            // As if its node had died: it decides nothing.
            bench.loop.registry.ended(id)
            first.leave()
            return (id, second)
        }
        let (short, viewer) = try resume(afterSending: .grace(seconds: 3))
        let (long, other) = try resume(afterSending: nil)
        viewer.leave()
        other.leave()
        elsewhere.eventLoop.advanceTime(by: .seconds(2))
        #expect(try bench.append(short, 1, "one ") == .written)
        elsewhere.eventLoop.advanceTime(by: .seconds(2))
        #expect(try bench.append(short, 2, "two ") == .sealed)
        elsewhere.eventLoop.advanceTime(by: .hours(1))
        #expect(try bench.append(long, 1, "one ") == .written)
    }

    @Test func whoeverLeavesLastHasTheWholeGrace() throws {
        let bench = SessionBench { $0.disconnectPolicy = .grace(seconds: 30) }
        let elsewhere = SessionBench(store: bench.store)
        let id = RequestID.random()
        let first = bench.connect()
        first.send(id)
        _ = try first.events()
        try bench.claim(id)
        let second = elsewhere.connect()
        second.resume(id)
        _ = try second.events()
        first.leave()
        func advance(_ time: TimeAmount) {
            for _ in 0..<time.nanoseconds / 1_000_000_000 {
                bench.eventLoop.advanceTime(by: .seconds(1))
                elsewhere.eventLoop.advanceTime(by: .seconds(1))
            }
        }
        advance(.seconds(28))
        second.leave()
        advance(.seconds(28))
        #expect(try bench.append(id, 1, "on ") == .written)
        advance(.seconds(4))
        #expect(try bench.append(id, 2, "off ") == .sealed)
    }

    /// Those who leave a frontend that drains, too.
    @Test func whoeverLosesTheirFrontendHasTheWholeGrace() throws {
        let bench = SessionBench { $0.disconnectPolicy = .grace(seconds: 30) }
        let elsewhere = SessionBench(store: bench.store)
        let id = RequestID.random()
        let first = bench.connect()
        first.send(id)
        _ = try first.events()
        try bench.claim(id)
        let second = elsewhere.connect()
        second.resume(id)
        _ = try second.events()
        first.leave()
        bench.eventLoop.advanceTime(by: .seconds(20))
        elsewhere.eventLoop.advanceTime(by: .seconds(20))
        elsewhere.loop.registry.drain()
        second.leave()
        elsewhere.eventLoop.run()
        bench.eventLoop.advanceTime(by: .seconds(28))
        #expect(try bench.append(id, 1, "on ") == .written)
        bench.eventLoop.advanceTime(by: .seconds(4))
        #expect(try bench.append(id, 2, "off ") == .sealed)
    }

    @Test func theViewersOfAllLoopsOfANodeCount() throws {
        let bench = SessionBench { $0.disconnectPolicy = .stop }
        let loop = SessionBench(store: bench.store, watched: bench.watched)
        let id = RequestID.random()
        let first = bench.connect()
        first.send(id)
        _ = try first.events()
        try bench.claim(id)
        let second = loop.connect()
        second.resume(id)
        _ = try second.events()
        bench.eventLoop.run()
        first.leave()
        bench.eventLoop.advanceTime(by: .seconds(60))
        #expect(try bench.append(id, 1, "on ") == .written)
        second.leave()
        loop.eventLoop.run()
        // At once, and not when others are counted again.
        bench.eventLoop.advanceTime(by: .milliseconds(300))
        #expect(try bench.append(id, 2, "off ") == .sealed)
        #expect(bench.store.stopListeners(of: id) == 1)
    }

    @Test func aRequestThatIsSentAgainKeepsItsPolicy() throws {
        let bench = SessionBench { $0.disconnectPolicy = .continue }
        let elsewhere = SessionBench(store: bench.store) { $0.disconnectPolicy = .stop }
        let id = RequestID.random()
        let first = bench.connect()
        first.send(id) { $0.onDisconnect = .grace(seconds: 5) }
        _ = try first.events()
        try bench.claim(id)
        bench.loop.registry.ended(id)
        first.leave()
        for isPatient in [true, false] {
            let again = elsewhere.connect()
            _ = try again.events()
            again.send(id)
            if isPatient { #expect(try again.events().types == [start]) }
            again.leave()
            elsewhere.eventLoop.advanceTime(by: .seconds(4))
            #expect(try bench.append(id, isPatient ? 1 : 2, "on ") == .written)
        }
        elsewhere.eventLoop.advanceTime(by: .seconds(2))
        #expect(try bench.append(id, 3, "off ") == .sealed)
    }

    @Test func aStreamThatIsPausedBeforeItCountsBeginsWithItsStart() throws {
        let bench = SessionBench()
        let first = bench.connect()
        let id = RequestID.random()
        first.send(id)
        _ = try first.events()
        try bench.claim(id)
        _ = try bench.append(id, 1, "one ")
        try bench.finish(id)
        let second = bench.connect()
        _ = try second.events()
        bench.store.holdSubscriptions()
        second.connection.isOutboundPaused = true
        second.session.outboundPaused()
        second.resume(id)
        bench.eventLoop.run()
        second.connection.isOutboundPaused = false
        second.session.outboundResumed()
        #expect(try second.events().isEmpty)
        bench.store.letSubscriptionsThrough()
        #expect(try second.events().types == [start, chunk, complete])
    }

    @Test func aResumeThatCannotBeCountedIsRefused() throws {
        let bench = SessionBench()
        let first = bench.connect()
        let id = RequestID.random()
        first.send(id)
        _ = try first.events()
        try bench.claim(id)
        _ = try bench.append(id, 1, "one ")
        let second = bench.connect()
        _ = try second.events()
        bench.store.holdSubscriptions()
        second.resume(id)
        bench.eventLoop.advanceTime(by: .seconds(13))
        #expect(try second.events().failures == [.internalError])
        #expect(second.session.streams.isEmpty && second.session.machine.count == 0)
        bench.store.letSubscriptionsThrough()
        #expect(try second.events().isEmpty)
        second.resume(id)
        #expect(try second.events().types == [start, chunk])
    }

    /// Neither waits for the feed: its start, nor the text before it. And nothing passes behind it.
    @Test(arguments: [3, 13], [false, true])
    func aStopIsAcknowledgedThoughTheFeedIsNotHeard(after seconds: Int64, isPaused: Bool) throws {
        let bench = SessionBench()
        let client = bench.connect()
        _ = try client.events()
        bench.store.holdSubscriptions()
        let id = RequestID.random()
        client.send(id)
        bench.eventLoop.advanceTime(by: .seconds(seconds))
        _ = try client.events()
        try bench.claim(id)
        _ = try bench.append(id, 1, "one ")
        if isPaused {
            client.connection.isOutboundPaused = true
            client.session.outboundPaused()
        }
        client.stop(id)
        var events = try client.events()
        if isPaused {
            #expect(events.outcomes.isEmpty && events.text.isEmpty)
            client.connection.isOutboundPaused = false
            client.session.outboundResumed()
            events += try client.events()
        }
        #expect(events.types.filter { $0 != "message.queued" }.suffix(2) == [chunk, "response.success"])
        #expect(events.types.contains(start) == (seconds == 3))
        #expect(events.text == "one " && events.outcomes == [.stopped])
        #expect(try bench.append(id, 2, "two ") == .sealed)
        try bench.finish(id)
        bench.store.letSubscriptionsThrough()
        #expect(try client.events().types == [complete])
    }

    @Test func aStopOfWhatIsResumedIsAcknowledgedThoughTheFeedIsNotHeard() throws {
        let bench = SessionBench()
        let first = bench.connect()
        let id = RequestID.random()
        first.send(id)
        _ = try first.events()
        try bench.claim(id)
        _ = try bench.append(id, 1, "one ")
        let elsewhere = SessionBench(store: bench.store)
        let second = elsewhere.connect()
        _ = try second.events()
        bench.store.holdSubscriptions()
        second.resume(id)
        second.stop(id)
        #expect(try second.events().isEmpty)
        elsewhere.eventLoop.advanceTime(by: .seconds(3))
        #expect(try second.events().types == [start, chunk, "response.success"])
        elsewhere.eventLoop.advanceTime(by: .seconds(13))
        #expect(try second.events().isEmpty)
        try bench.finish(id)
        bench.store.letSubscriptionsThrough()
        #expect(try second.events().types == [complete])
        #expect(second.session.streams.isEmpty && second.session.machine.count == 0)
    }

    @Test func aRequestThatWasAcceptedBeginsThoughItsFeedIsSlow() throws {
        let bench = SessionBench()
        let client = bench.connect()
        _ = try client.events()
        bench.store.holdSubscriptions()
        let id = RequestID.random()
        client.send(id)
        bench.eventLoop.advanceTime(by: .seconds(3))
        #expect(try client.events().isEmpty)
        bench.eventLoop.advanceTime(by: .seconds(10))
        #expect(try client.events().types == [start, "message.queued"])
        try bench.claim(id)
        _ = try bench.append(id, 1, "one ")
        bench.store.letSubscriptionsThrough()
        #expect(try client.events().types == ["message.queued", chunk])
    }

    @Test func aRepetitionIsToldTheEndingThoughTheLogIsGone() throws {
        let bench = SessionBench()
        let first = bench.connect()
        let id = RequestID.random()
        first.send(id)
        _ = try first.events()
        try bench.claim(id)
        _ = try bench.append(id, 1, "one ")
        try bench.finish(id)
        bench.store.loseLog(of: id)
        let second = bench.connect()
        _ = try second.events()
        second.send(id)
        #expect(try second.events().types == [start, complete])
        second.resume(id)
        #expect(try second.events().types == [start, complete])
        #expect(second.session.machine.count == 0)
    }

    @Test func aFailureKeepsItsCodeThoughTheLogIsGone() throws {
        let bench = SessionBench()
        let first = bench.connect()
        let id = RequestID.random()
        first.send(id)
        _ = try first.events()
        try bench.claim(id)
        try bench.finish(id, failure: .init(code: .backendTimeout, message: "the engine said nothing"))
        bench.store.loseLog(of: id)
        let second = bench.connect()
        _ = try second.events()
        second.resume(id)
        let events = try second.events()
        #expect(events.types == [start, "message.streaming.error"])
        guard case .streamingError(let error)? = events.last else { return }
        #expect(error.errorCode == .backendTimeout)
        #expect(error.message == "the engine said nothing")
    }

    @Test func aCursorThatNoChunkHadIsRefused() throws {
        let bench = SessionBench()
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        let other = bench.connect()
        _ = try other.events()
        for index in [EntryID.sealIndex, EntryID.endingIndex, .max] {
            other.resume(id, after: EntryID(attempt: 1, index: index))
            #expect(try other.events().failures == [.invalidRequest])
        }
        // The greatest that a chunk could have: nothing can follow it but the ending.
        other.resume(id, after: EntryID(attempt: 1, index: EntryID.sealIndex - 1))
        #expect(try other.events().types == [start])
        try bench.finish(id)
        #expect(try other.events().types == [complete])
    }

    @Test func anAnswerThatBeginsAnewIsToldSoAlsoWhoeverResumesBeforeThat() throws {
        let bench = SessionBench()
        let first = bench.connect()
        let id = RequestID.random()
        first.send(id)
        try bench.claim(id)
        _ = try bench.append(id, 1, "half an ")
        first.leave()
        try bench.restart(id, 2)
        _ = try bench.append(id, 3, "all")
        let second = bench.connect()
        _ = try second.events()
        second.resume(id, after: EntryID(attempt: 1, index: 1))
        let events = try second.events()
        #expect(events.types == [start, "message.streaming.restart", chunk])
        guard case .streamingRestart(let restart) = events[1] else { return }
        #expect(restart.requestID == id && restart.messageID == id.message)
        #expect(restart.cursor == EntryID(attempt: 1, index: 2))
        let third = bench.connect()
        _ = try third.events()
        third.resume(id, after: restart.cursor)
        #expect(try third.events().types == [start, chunk])
    }

    @Test func commandsWaitForRedisAndThenSaySo() throws {
        let bench = SessionBench()
        let client = bench.connect()
        _ = try client.events()
        let id = RequestID.random()
        bench.store.goAway()
        client.send(id)
        client.stop(id)
        #expect(try client.events().isEmpty)
        bench.store.comeBack()
        bench.eventLoop.advanceTime(by: .seconds(2))
        let events = try client.events()
        #expect(events.types.first == start)
        #expect(events.outcomes == [.dequeued])
        bench.store.goAway()
        client.send(.random())
        bench.eventLoop.advanceTime(by: .seconds(11))
        #expect(try client.events().failures == [.internalError])
    }

    @Test func aStopThatRedisDoesNotTakeIsSaidNotToBeRecordedAndStillTried() throws {
        let bench = SessionBench()
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        bench.store.goAway()
        let command = RequestID.random()
        client.stop(id, command: command)
        bench.eventLoop.advanceTime(by: .seconds(9))
        #expect(try client.events().isEmpty)
        bench.eventLoop.advanceTime(by: .seconds(2))
        guard case .failure(let failure)? = try client.events().first else {
            Issue.record("the stop is not answered")
            return
        }
        #expect(failure.requestID == command.text && failure.errorCode == .internalError)
        #expect(failure.details?["recorded"] == .bool(false))
        bench.store.comeBack()
        bench.eventLoop.advanceTime(by: .seconds(3))
        #expect(try bench.append(id, 1, "x") == .sealed)
        try bench.finish(id)
        #expect(try client.events().types == [complete])
        #expect(client.session.machine.count == 0)
    }

    @Test func aForgedEndingEndsNoWatch() throws {
        let bench = SessionBench()
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        bench.store.publishStop(id, "penstock:ended")
        #expect(try client.events().isEmpty)
        #expect(bench.watched.count == 1 && bench.store.stopListeners(of: id) == 1)
        #expect(try bench.append(id, 1, "on ") == .written)
        #expect(try client.events().text == "on ")
        try bench.finish(id)
        _ = try client.events()
        #expect(bench.watched.count == 0 && bench.store.stopListeners(of: id) == 0)
    }

    @Test func aStopOutlivesItsConnection() throws {
        let bench = SessionBench()
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        bench.store.goAway()
        client.stop(id)
        bench.eventLoop.advanceTime(by: .seconds(20))
        client.leave()
        bench.store.comeBack()
        bench.eventLoop.advanceTime(by: .seconds(2))
        #expect(try bench.append(id, 1, "x") == .sealed)
    }

    @Test func theLastViewerThatStaysAwayStopsTheRequest() throws {
        let bench = SessionBench { $0.disconnectPolicy = .grace(seconds: 30) }
        let client = bench.connect()
        let (kept, left) = (RequestID.random(), RequestID.random())
        client.send(left)
        client.send(kept) { $0.onDisconnect = .continue }
        _ = try client.events()
        try bench.claim(left)
        try bench.claim(kept)
        client.leave()
        bench.eventLoop.advanceTime(by: .seconds(29))
        #expect(try bench.append(left, 1, "x") == .written)
        bench.eventLoop.advanceTime(by: .seconds(2))
        #expect(try bench.append(left, 2, "x") == .sealed)
        #expect(try bench.append(kept, 1, "x") == .written)
    }

    @Test func whoResumesARequestWatchesIt() throws {
        let first = SessionBench()
        let client = first.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        // The frontend that accepted it is gone, and nobody has taken its job.
        first.loop.registry.ended(id)
        #expect(first.store.stopListeners(of: id) == 0)
        let second = SessionBench(store: first.store)
        let again = second.connect()
        _ = try again.events()
        again.resume(id)
        #expect(try again.events().types == [start])
        #expect(first.store.publishStop(id, "enough") == 1)
        #expect(try again.events().types == [complete])
        #expect(second.watched.count == 0)
        #expect(first.store.stopListeners(of: id) == 0)
    }

    @Test func theLastViewerMayBeOneThatResumed() throws {
        let first = SessionBench { $0.disconnectPolicy = .grace(seconds: 5) }
        let client = first.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try first.claim(id)
        client.leave()
        first.loop.registry.ended(id)
        let second = SessionBench(store: first.store) { $0.disconnectPolicy = .grace(seconds: 30) }
        let again = second.connect()
        again.resume(id)
        _ = try again.events()
        again.resume(id)
        _ = try again.events()
        again.leave()
        second.eventLoop.advanceTime(by: .seconds(4))
        #expect(try first.append(id, 1, "x") == .written)
        second.eventLoop.advanceTime(by: .seconds(2))
        #expect(try first.append(id, 2, "x") == .sealed)
    }

    @Test func aWatchThatCameTooLateIsForgotten() throws {
        let first = SessionBench()
        let client = first.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try first.claim(id)
        let second = SessionBench(store: first.store)
        let again = second.connect()
        again.resume(id)
        // It ends between the look at its record and the subscription.
        try first.finish(id)
        #expect(try again.events().types.suffix(2) == [start, complete])
        #expect(second.watched.count == 0)
        #expect(first.store.stopListeners(of: id) == 0)
    }

    @Test func aResumeOfARequestThatWasNeverQueuedAsksForItAgain() throws {
        let bench = SessionBench()
        let first = bench.connect()
        let id = RequestID.random()
        first.send(id)
        _ = try first.events()
        bench.store.loseJob(of: id)
        let second = bench.connect()
        _ = try second.events()
        second.resume(id)
        // Its job may be on its way still.
        #expect(try second.events().isEmpty)
        bench.eventLoop.advanceTime(by: .seconds(6))
        #expect(try second.events().failures == [.invalidRequest])
        second.send(id)
        #expect(try second.events().types == [start])
        try bench.claim(id)
        #expect(try bench.append(id, 1, "one ") == .written)
        #expect(try second.events().text == "one ")
    }

    @Test func aResumeWaitsForAJobThatIsOnItsWay() throws {
        let bench = SessionBench()
        let first = bench.connect()
        let id = RequestID.random()
        first.send(id)
        _ = try first.events()
        bench.store.loseJob(of: id)
        let second = bench.connect()
        _ = try second.events()
        second.resume(id)
        #expect(try second.events().isEmpty)
        first.send(id)
        _ = try first.events()
        bench.eventLoop.advanceTime(by: .milliseconds(500))
        #expect(try second.events().types == [start])
    }

    @Test(arguments: [(DisconnectPolicy?.none, 30 as Int?), (.stop, 0), (.grace(seconds: 7), 7), (.continue, nil)])
    func theJobSaysHowLongNobodyMayWatch(_ policy: DisconnectPolicy?, _ grace: Int?) throws {
        let bench = SessionBench { $0.disconnectPolicy = .grace(seconds: 30) }
        let client = bench.connect()
        client.send(.random()) { $0.onDisconnect = policy }
        _ = try client.events()
        #expect(bench.store.jobs(of: "default").map(\.disconnectGrace) == [grace])
    }

    @Test func viewersOnSeveralFrontendsSeeTheSame() throws {
        let bench = SessionBench()
        let other = SessionBench(store: bench.store)
        let id = RequestID.random()
        let sender = bench.connect()
        sender.send(id)
        try bench.claim(id)
        _ = try bench.append(id, 1, "one ")
        func settle() {
            for _ in 0..<4 {
                bench.eventLoop.run()
                other.eventLoop.run()
            }
        }
        let viewers = [bench.connect(), other.connect(), other.connect()]
        for viewer in viewers { viewer.resume(id) }
        settle()
        bench.store.loseFeed(2)
        _ = try bench.append(id, 2, "two ")
        _ = try bench.append(id, 3, "three ")
        _ = try bench.append(id, 4, "four ")
        // One leaves, and nothing is stopped by that; one stops it for all.
        sender.leave()
        settle()
        bench.eventLoop.advanceTime(by: .minutes(10))
        viewers[1].stop(id)
        settle()
        #expect(try bench.append(id, 5, "five ") == .sealed)
        try bench.finish(id)
        settle()
        for viewer in viewers {
            let events = try viewer.events()
            #expect(events.text == "one two three four ")
            let endings = events.compactMap { event in
                if case .streamingComplete(let ending) = event { ending.metadata.finishReason } else { nil }
            }
            #expect(endings == ["cancelled"])
        }
    }

    @Test func aDrainingFrontendStopsNothing() throws {
        let bench = SessionBench { $0.disconnectPolicy = .stop }
        let client = bench.connect()
        let id = RequestID.random()
        client.send(id)
        _ = try client.events()
        try bench.claim(id)
        bench.loop.registry.drain()
        client.leave()
        bench.eventLoop.advanceTime(by: .seconds(60))
        #expect(try bench.append(id, 1, "x") == .written)
    }

    @Test func badInputCostsOneEventEach() throws {
        let bench = SessionBench { $0.maximumStreams = 1 }
        let client = bench.connect()
        _ = try client.events()
        client.session.received(text: ByteBuffer(string: "{"))
        client.session.received(text: ByteBuffer(string: #"{"id":"x","type":"message.send","payload":{}}"#))
        client.session.received(binary: ByteBuffer(bytes: [0]))
        client.send(.random())
        client.send(.random())
        let events = try client.events()
        #expect(events.failures == [.invalidRequest, .invalidRequest, .rateLimitExceeded])
        #expect(events.types.contains("connection.error"))
        #expect(events.types.filter { $0 == start }.count == 1)
    }
}
