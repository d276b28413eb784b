import Shared
import Testing

@Suite("UUIDText")
struct UUIDTextTests {
    @Test func everyDigitStandsInItsPlace() {
        #expect(
            UUIDText.format(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
                == "01234567-89ab-4def-bedc-ba9876543210")
        #expect(UUIDText.format(high: 0, low: 0) == "00000000-0000-4000-8000-000000000000")
        #expect(UUIDText.format(high: .max, low: .max) == "ffffffff-ffff-4fff-bfff-ffffffffffff")
    }

    @Test func everyByteIsWrittenAsItsTwoDigits() {
        for byte in UInt64(0)...255 {
            let digits = (byte < 16 ? "0" : "") + String(byte, radix: 16)
            let text = UUIDText.format(high: byte << 56 | byte << 16, low: byte)
            let expected = "\(digits)000000-00\(digits)-4000-80"
            #expect(text.hasPrefix(expected) && text.hasSuffix(digits), "\(byte)")
        }
    }
}
