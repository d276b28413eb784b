private import Foundation
import Shared
import Testing

/// Engines, clients and what lies in Redis may say any number.
@Suite struct UsageTests {
    @Test(arguments: [
        (Int.max, 1, Int(Int32.max), 1), (Int.max, Int.max, Int(Int32.max), Int(Int32.max)), (-1, Int.min, 0, 0),
        (7, 2, 7, 2),
    ])
    func everyNumberIsBroughtIntoRange(_ input: Int, _ output: Int, _ boundedInput: Int, _ boundedOutput: Int) throws {
        let usage = Usage(inputTokens: input, outputTokens: output)
        #expect(usage.inputTokens == boundedInput && usage.outputTokens == boundedOutput)
        #expect(usage.totalTokens == boundedInput + boundedOutput)
        let json = "{\"input_tokens\":\(input),\"output_tokens\":\(output),\"total_tokens\":\(Int.max)}"
        #expect(try JSONDecoder().decode(Usage.self, from: Data(json.utf8)) == usage)
    }

    @Test func theLastCursorThereIsFollowsNothing() {
        let cursor = EntryID(attempt: 1, index: .max)
        for index in [0, 1, UInt64.max] {
            let entry = TokenEntry(id: EntryID(attempt: 1, index: index), body: .chunk(text: "a", tokens: 1))
            #expect(!entry.follows(cursor))
        }
        let first = TokenEntry(id: EntryID(attempt: 1, index: 1), body: .chunk(text: "a", tokens: 1))
        #expect(first.follows(EntryID(attempt: 1, index: 0)) && !first.follows(EntryID(attempt: 1, index: 1)))
    }
}
