import FrontendClient
import Shared

extension LoadPlan {
    /// The settings as they are told in the result, by the names of their flags. No token, no password.
    var shown: [String: String] {
        var shown = [
            "url": urls.map(\.description).joined(separator: ","), "ramp": Self.text(ramp),
            "warm-up": Self.text(warmUp),
            "duration": Self.text(duration), "drain": Self.text(drain), "settle-timeout": Self.text(settleTimeout),
            "connections": "\(connections)", "streams": "\(streamsPerConnection)", "connect-rate": "\(connectRate)",
            "tokens": "\(tokens)", "token-rate": tokenRate?.description ?? "max", "timestamps": "\(timestamps)",
            "text": text.rawValue, "event-loops": "\(eventLoops)", "seed": "\(seed)", "check-saved": "\(checkSaved)",
        ]
        switch load {
        case .open(let rate, let arrivals):
            shown["rate"] = "\(rate)"
            shown["arrivals"] = arrivals.rawValue
        case .closed(let concurrency): shown["concurrency"] = "\(concurrency)"
        }
        for (name, share) in [
            ("stop-rate", mix.stopRate), ("resume-rate", mix.resumeRate), ("slow-rate", mix.slowRate),
            ("abandon-rate", mix.abandonRate),
        ] where share > 0 { shown[name] = "\(share)" }
        for (name, distribution) in [
            ("stop-after-tokens", mix.stopAfterTokens), ("stop-delay", mix.stopDelay),
            ("resume-after-tokens", mix.resumeAfterTokens), ("abandon-after-tokens", mix.abandonAfterTokens),
        ] { if let distribution { shown[name] = "\(distribution)" } }
        if mix.slowRate > 0 { shown["slow-bandwidth"] = "\(slowBandwidth)" }
        if let model { shown["model"] = model }
        shown["redis"] = redisURL == nil ? "not asked" : "asked"
        return shown
    }

    /// The load in a few words.
    var summary: String {
        let requests =
            switch load {
            case .open(let rate, let arrivals): "\(rate) requests/s (\(arrivals.rawValue))"
            case .closed(let concurrency): "\(concurrency) at a time"
            }
        let pace = tokenRate.map { "\($0) tokens/s" } ?? "as fast as can be"
        return "\(requests), \(tokens) tokens at \(pace), \(connections) connections"
    }

    private static func text(_ duration: Duration) -> String { "\(DurationSetting(duration))" }
}
