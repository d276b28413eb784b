import Testing

@testable import Shared

@Suite struct DurationSettingTests {
    @Test(arguments: [
        ("30s", Duration.seconds(30)), ("500ms", .milliseconds(500)), ("5m", .seconds(300)), ("1h", .seconds(3600)),
        ("15", .seconds(15)), ("0", .zero), ("1.5s", .milliseconds(1500)), ("0.25m", .seconds(15)),
        ("0.5ms", .microseconds(500)),
    ])
    func reads(text: String, duration: Duration) {
        #expect(DurationSetting(text)?.duration == duration)
    }

    @Test(arguments: [
        "", "s", "-1s", "+1s", "1d", "1 s", "1..5s", ".5s", "5.s", "1e3", "٣s", "9999999999s", "10001h", "1S",
        "10000.1h", "2562047.99h", "999999999.999999999h",
    ])
    func refuses(text: String) {
        #expect(DurationSetting(text) == nil)
    }

    @Test func writesWhatItReads() {
        for text in ["250ms", "90s", "5m", "2h", "0s", "1500ms"] {
            #expect(DurationSetting(text)?.description == text)
        }
    }
}
