import Testing

@testable import Frontend

@Suite("QueueBoard") struct QueueBoardTests {
    private typealias News = [String: UInt64]

    private func news(_ board: QueueBoard<String>, _ lastTaken: UInt64) -> News {
        Dictionary(uniqueKeysWithValues: board.news(lastTaken: lastTaken).map { ($0.waiter, $0.position) })
    }

    private func tell(_ board: inout QueueBoard<String>, _ lastTaken: UInt64) -> News {
        let news = news(board, lastTaken)
        for (waiter, position) in news { board.told(waiter, position: position) }
        return news
    }

    @Test func tellsEachOnlyWhatIsNew() {
        var board = QueueBoard<String>()
        #expect(board.isEmpty && news(board, 0).isEmpty)
        board.joined("a", number: 5)
        board.joined("b", number: 7)
        #expect(tell(&board, 2) == ["a": 3, "b": 5])
        #expect(tell(&board, 2).isEmpty)
        board.joined("c", number: 8)
        #expect(tell(&board, 2) == ["c": 6])
        #expect(tell(&board, 4) == ["a": 1, "b": 3, "c": 4])
    }

    @Test func whoIsNotToldIsToldLater() {
        var board = QueueBoard<String>()
        board.joined("a", number: 3)
        #expect(news(board, 0) == ["a": 3])
        #expect(news(board, 0) == ["a": 3])
        #expect(tell(&board, 1) == ["a": 2])
    }

    @Test func aTakenJobHasNoPlace() {
        var board = QueueBoard<String>()
        board.joined("a", number: 3)
        #expect(tell(&board, 2) == ["a": 1])
        #expect(news(board, 3).isEmpty && news(board, 900).isEmpty)
        #expect(!board.isEmpty)
        let wasTold = board.left("a")
        #expect(wasTold && board.isEmpty && news(board, 0).isEmpty)
    }

    @Test func leavingTellsWhetherAPlaceWasTold() {
        var board = QueueBoard<String>()
        board.joined("a", number: 3)
        let wasTold = [board.left("a"), board.left("a")]
        #expect(wasTold == [false, false])
        board.told("a", position: 1)
        #expect(board.isEmpty)
    }
}
