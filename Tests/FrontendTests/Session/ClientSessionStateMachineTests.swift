import Shared
import Testing

@testable import Frontend

@Suite("ClientSessionStateMachine")
struct ClientSessionStateMachineTests {
    private typealias Machine = ClientSessionStateMachine
    private let id = RequestID.random()
    private let stop = Machine.Stop(command: .random(), intent: StopIntent(by: .user))
    private var receipt: Machine.Receipt {
        .init(stop: stop, receipt: StopReceipt(outcome: .stopped, last: EntryID(attempt: 1, index: 3)))
    }

    @Test func aStopWaitsForTheLookUpAndFollowsTheSubmission() {
        var machine = Machine(streamLimit: 2)
        #expect(machine.sendReceived(id) == .submit)
        #expect(machine.stopReceived(id, stop) == .wait)
        #expect(machine.published(id) == [stop])
        #expect(machine.stopReceived(id, stop) == .record)
        #expect(machine.stopRecorded(id, receipt) == .wait)
        let opened = machine.opened(id)
        #expect(opened.again.isEmpty)
        #expect(opened.receipts == [receipt])
        #expect(machine.stopRecorded(id, receipt) == .flush)
        machine.ended(id)
        #expect(machine.hasEnded(id))
        #expect(machine.stopRecorded(id, receipt) == .acknowledge)
    }

    @Test func aStopThatOvertookARepetitionIsRecordedAgain() {
        var machine = Machine(streamLimit: 2)
        _ = machine.sendReceived(id)
        _ = machine.published(id)
        #expect(machine.stopNotFound(id, stop) == .wait)
        #expect(machine.opened(id).again == [stop])
        #expect(machine.stopNotFound(id, stop) == .refuse)
    }

    @Test func aRefusedRequestGivesItsStopsBack() {
        var machine = Machine(streamLimit: 2)
        _ = machine.sendReceived(id)
        _ = machine.stopReceived(id, stop)
        #expect(machine.refused(id).again == [stop])
        #expect(machine.count == 0)
        #expect(machine.stopNotFound(id, stop) == .refuse)
    }

    @Test func aStopOfARequestThatIsLookedUpWaitsForItsStart() {
        var machine = Machine(streamLimit: 2)
        #expect(machine.resumeReceived(id) == .look)
        #expect(machine.resumeReceived(id) == .soon)
        #expect(machine.stopReceived(id, stop) == .record)
        #expect(machine.stopRecorded(id, receipt) == .wait)
        #expect(machine.opened(id).receipts == [receipt])
        #expect(machine.resumeReceived(id) == .alreadyStreaming)
    }

    @Test func streamsAreBoundedAndNotDoubled() {
        var machine = Machine(streamLimit: 1)
        #expect(machine.sendReceived(id) == .submit)
        #expect(machine.sendReceived(id) == .wait)
        _ = machine.published(id)
        #expect(machine.sendReceived(id) == .confirm)
        #expect(machine.sendReceived(.random()) == .refuse)
        #expect(machine.resumeReceived(.random()) == .refuse)
        machine.ended(id)
        #expect(machine.sendReceived(.random()) == .submit)
    }

    @Test func aSendWaitsForTheLookUp() {
        var machine = Machine(streamLimit: 1)
        _ = machine.resumeReceived(id)
        #expect(machine.sendReceived(id) == .wait)
        _ = machine.opened(id)
        #expect(machine.sendReceived(id) == .confirm && machine.carries(id))
        machine.ended(id)
        #expect(!machine.carries(id) && machine.sendReceived(id) == .submit)
        _ = machine.published(id)
        #expect(machine.sendReceived(id) == .confirm)
    }

    @Test func remembersABoundedNumberOfEndings() {
        var machine = Machine(streamLimit: 1)
        machine.ended(id)
        for _ in 0..<64 { machine.ended(.random()) }
        #expect(!machine.hasEnded(id))
    }
}
