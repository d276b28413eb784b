import Foundation
import Shared
import Testing

@testable import Client

@Suite(.timeLimit(.minutes(1))) struct LineInputTests {
    @Test func handsOutLineAfterLineThenTheEnd() async throws {
        let pipe = Pipe()
        let input = LineInput(descriptor: pipe.fileHandleForReading.fileDescriptor)
        try pipe.fileHandleForWriting.write(contentsOf: Data("one\ntwo\n\nlast".utf8))
        try pipe.fileHandleForWriting.close()
        var lines: [String?] = []
        for _ in 0..<5 {
            lines.append(
                await withCheckedContinuation { continuation in
                    input.next { continuation.resume(returning: $0) }
                })
        }
        #expect(lines == ["one", "two", "", "last", nil])
    }
}
