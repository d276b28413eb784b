import Testing

@testable import Frontend

@Suite("UTF8Validator")
struct UTF8ValidatorTests {
    @Test func acceptsWhatIsSplitAnywhere() {
        let text = Array("κόσμε\u{10FFFF}\u{D7FF}\u{E000} plain ascii that is longer than a word é".utf8)
        for cut in 0...text.count {
            var validator = UTF8Validator()
            #expect(text[..<cut].withUnsafeBytes { validator.accept($0) })
            #expect(text[cut...].withUnsafeBytes { validator.accept($0) })
            #expect(validator.isComplete)
        }
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5], [0xFE], [0xFF], [0xC3, 0x41],
        ] as [[UInt8]])
    func refusesAtTheFirstByteThatCannotBe(bytes: [UInt8]) {
        var validator = UTF8Validator()
        #expect(!bytes.withUnsafeBytes { validator.accept($0) })
    }

    @Test func knowsThatACodePointIsNotWhole() {
        var validator = UTF8Validator()
        #expect([UInt8(0xE2), 0x82].withUnsafeBytes { validator.accept($0) })
        #expect(!validator.isComplete)
    }
}
