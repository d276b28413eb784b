import Shared
import Synchronization
import Testing

@testable import Client

@Suite struct ConversationStateMachineTests {
    let session = SessionID.random()
    let ids = (0..<4).map { _ in RequestID.random() }

    func machine(keepsContent: Bool = true) -> ConversationStateMachine {
        var left = ids[...]
        return ConversationStateMachine(keepsContent: keepsContent) { left.removeFirst() }
    }

    func transmit(_ id: RequestID, _ command: ClientEvent.Command) -> ConversationStateMachine.Action {
        .transmit(ClientEvent(id: id, command: command))
    }

    @Test func aWholeAnswerAndASecondTurnInTheSameSession() throws {
        var machine = machine()
        #expect(machine.connected() == [])
        #expect(machine.received(.ready) == [])
        let hello = SendCommand(content: "hello")
        #expect(machine.said(hello) == [transmit(ids[0], .send(hello))])
        let start = StreamingStart(requestID: ids[0], messageID: ids[0].message, sessionID: session)
        #expect(machine.received(.streamingStart(start)) == [.started(start)])
        #expect(machine.received(.chunk(ids[0], 1, "0 ")) == [.show("0 ")])
        #expect(machine.received(.chunk(ids[0], 2, "1 ")) == [.show("1 ")])
        let ended = machine.received(.complete(ids[0], "stop"))
        guard case .ended(let answer) = try #require(ended.first) else {
            Issue.record("not ended: \(ended)")
            return
        }
        #expect(answer.state == .completed)
        #expect(answer.content == "0 1 ")
        #expect(answer.finishReason == "stop")
        #expect(!machine.isRunning)
        var again = SendCommand(content: "again")
        again.sessionID = session
        #expect(machine.said(SendCommand(content: "again")) == [transmit(ids[1], .send(again))])
    }

    @Test func whatIsSaidBeforeTheConnectionIsSentWithIt() {
        var machine = machine()
        let hello = SendCommand(content: "hello")
        #expect(machine.said(hello) == [])
        #expect(machine.connected() == [transmit(ids[0], .send(hello))])
        // Not accepted yet: sent again with the same id, which joins.
        machine.disconnected()
        #expect(machine.connected() == [transmit(ids[0], .send(hello))])
    }

    @Test func aLostConnectionIsResumedBehindTheLastChunkWithoutRepeats() {
        var machine = machine()
        _ = machine.connected()
        _ = machine.said(SendCommand(content: "hello"))
        _ = machine.received(.start(ids[0], session))
        _ = machine.received(.chunk(ids[0], 7, "6 "))
        machine.disconnected()
        let cursor = EntryID(attempt: 1, index: 7)
        #expect(machine.connected() == [transmit(ids[1], .resume(ResumeCommand(requestID: ids[0], after: cursor)))])
        #expect(machine.received(.start(ids[0], session, resumed: true)) == [])
        #expect(machine.received(.chunk(ids[0], 7, "6 ")) == [])
        #expect(machine.received(.chunk(ids[0], 8, "7 ")) == [.show("7 ")])
        #expect(machine.received(.chunk(ids[0], 1, "8 ", attempt: 2)) == [.show("8 ")])
    }

    @Test func aPlaceInTheQueueIsShown() {
        var machine = machine()
        _ = machine.connected()
        _ = machine.said(SendCommand(content: "hello"))
        _ = machine.received(.start(ids[0], session))
        func queued(_ id: RequestID, _ position: UInt64) -> ServerEvent {
            .queued(MessageQueued(requestID: id, messageID: id.message, position: position))
        }
        #expect(machine.received(queued(ids[0], 4)) == [.waits(ahead: 3)])
        #expect(machine.received(queued(ids[1], 4)) == [])
        #expect(machine.received(queued(ids[0], 1)) == [.waits(ahead: 0)])
        #expect(machine.received(queued(ids[0], 0)) == [.taken])
    }

    @Test func anAnswerThatBeginsAnewDropsWhatWasSaid() throws {
        var machine = machine()
        _ = machine.connected()
        _ = machine.said(SendCommand(content: "hello"))
        _ = machine.received(.start(ids[0], session))
        _ = machine.received(.chunk(ids[0], 1, "half"))
        let restart = StreamingRestart(
            requestID: ids[0], messageID: ids[0].message, cursor: EntryID(attempt: 2, index: 1))
        #expect(machine.received(.streamingRestart(restart)) == [.restarted])
        #expect(machine.received(.streamingRestart(restart)) == [])
        machine.disconnected()
        let resume = ResumeCommand(requestID: ids[0], after: restart.cursor)
        #expect(machine.connected() == [transmit(ids[1], .resume(resume))])
        #expect(machine.received(.chunk(ids[0], 2, "all", attempt: 2)) == [.show("all")])
        guard case .ended(let answer)? = machine.received(.complete(ids[0], "stop")).first else {
            Issue.record("not ended")
            return
        }
        #expect(answer.content == "all")
    }

    @Test func ctrlCStopsThenKillsThenLeaves() {
        var machine = machine()
        _ = machine.connected()
        _ = machine.said(SendCommand(content: "hello"))
        let (first, stop) = machine.interrupted()
        #expect(first == .stop(.stop))
        #expect(stop == [transmit(ids[1], .stop(StopCommand(requestID: ids[0], mode: .stop)))])
        #expect(machine.received(.stopped(ids[1], ids[0])) == [.stopAcknowledged(.stopped)])
        let (second, kill) = machine.interrupted()
        #expect(second == .stop(.kill))
        #expect(kill == [transmit(ids[2], .stop(StopCommand(requestID: ids[0], mode: .kill)))])
        #expect(machine.interrupted().0 == .leave)
        let ended = machine.received(.complete(ids[0], "cancelled", stop: StopIntent(by: .user)))
        guard case .ended(let answer)? = ended.first else {
            Issue.record("not ended: \(ended)")
            return
        }
        #expect(answer.state == .cancelled)
        #expect(machine.interrupted().0 == .leave)
    }

    @Test func aStopWishedWithoutConnectionIsSentWithTheNext() {
        var machine = machine()
        _ = machine.connected()
        _ = machine.said(SendCommand(content: "hello"))
        _ = machine.received(.start(ids[0], session))
        machine.disconnected()
        #expect(machine.interrupted().1 == [])
        let stop = StopCommand(requestID: ids[0], mode: .stop)
        #expect(
            machine.connected() == [
                transmit(ids[1], .stop(stop)), transmit(ids[2], .resume(ResumeCommand(requestID: ids[0]))),
            ])
        // Lost again before the answer: said again, which is never an error.
        machine.disconnected()
        #expect(machine.connected().first == transmit(ids[1], .stop(stop)))
    }

    @Test func refusalsOfTheRequestEndItAndOthersAreNotices() {
        var machine = machine()
        _ = machine.connected()
        _ = machine.said(SendCommand(content: "hello"))
        let stranger = CommandFailure(requestID: ids[3].text, errorCode: .invalidRequest, message: "bad")
        #expect(machine.received(.failure(stranger)) == [.notice("INVALID_REQUEST: bad")])
        let refusal = CommandFailure(requestID: ids[0].text, errorCode: .rateLimitExceeded, message: "slow down")
        guard case .ended(let answer)? = machine.received(.failure(refusal)).first else {
            Issue.record("a refusal must end the request")
            return
        }
        #expect(answer.state == .failed)
        #expect(answer.error == .init(errorCode: .rateLimitExceeded, message: "slow down"))
        #expect(machine.gaveUp("gone") == [])
    }

    @Test func eventsOfOtherRequestsChangeNothing() {
        var machine = machine()
        _ = machine.connected()
        #expect(machine.received(.chunk(ids[3], 1, "x")) == [])
        _ = machine.said(SendCommand(content: "hello"))
        #expect(machine.received(.start(ids[3], session)) == [])
        #expect(machine.received(.chunk(ids[3], 1, "x")) == [])
        #expect(machine.received(.complete(ids[3], "stop")) == [])
        #expect(machine.received(.stopped(ids[3], ids[3])) == [])
        #expect(machine.isRunning)
    }

    @Test func aConnectionThatIsGoneForGoodEndsTheAnswer() {
        var machine = machine()
        _ = machine.connected()
        _ = machine.said(SendCommand(content: "hello"))
        guard case .ended(let answer)? = machine.gaveUp("gone").first else {
            Issue.record("must end")
            return
        }
        #expect(answer.state == .failed)
    }
}
