import Foundation
import Shared
import TestSupport
import Testing
import Worker

@testable import Bars

@Suite struct JournalCheckTests {
    /// Checks what a worker's own journal has when `body` has written to it.
    private static func check(_ body: (AttemptJournal, AttemptJournal) -> Void) async throws -> JournalCheck {
        try await ScratchDirectory.with { directory in
            let file = directory.appending(path: "journal")
            let journal = try GenerationJournal(path: file.path)
            let request = RequestID.random()
            body(journal.attempt(1, of: request, by: "w-\"1\""), journal.attempt(2, of: request, by: "w"))
            var check = JournalCheck()
            check.read(try Data(contentsOf: file))
            return check
        }
    }

    @Test func whatEndsAsItMustIsNoFinding() async throws {
        let check = try await Self.check { first, second in
            first.started(tokens: 0)
            first.said("0 \",\"event\":\"stop", index: 0)
            first.leaseLost()
            second.started(tokens: 1)
            second.said("1 ", index: 1)
            second.stopHeard(.stop)
            second.generatorEnded("stopped", tokens: 2)
            second.left(state: "cancelled")
        }
        #expect(check.stops == 1 && check.tokens == 2 && check.tokensBehind == 0 && check.unreadable == 0)
        #expect(check.example == nil)
    }

    @Test func aTokenBehindAStopIsFound() async throws {
        let check = try await Self.check { first, second in
            first.said("0 ", index: 0)
            first.stopHeard(nil)
            second.said("0 ", index: 0)
            first.said("1 ", index: 1)
        }
        #expect(check.stops == 1 && check.tokens == 3 && check.tokensBehind == 1)
        #expect(check.example?.contains(#""attempt":1,"event":"token","index":1"#) == true)
    }

    @Test func aTokenBehindTheEndOrALostClaimIsFound() async throws {
        for close in [{ $0.timeOver() }, { $0.leaseLost() }, { $0.generatorEnded("", tokens: 0) }]
            as [(AttemptJournal) -> Void]
        {
            let check = try await Self.check { first, _ in
                close(first)
                first.said("0 ", index: 0)
            }
            #expect(check.tokensBehind == 1)
        }
    }

    @Test func whatIsNoLineOfAJournalIsCounted() {
        var check = JournalCheck()
        check.read(Data("nonsense\n{\"at\":1,\"request\":\"short\"}\n\n".utf8))
        #expect(check.unreadable == 3)
    }
}
