/// Something about a broker's own settings by which it may lose what it was given. For operators.
package struct BrokerWeakness: Hashable, Sendable {
    /// The setting, by the name the broker's documentation gives it.
    package var setting: String
    package var finding: String

    package init(setting: String, finding: String) {
        self.setting = setting
        self.finding = finding
    }

    /// What the fields of Redis's `INFO memory` and `INFO persistence` tell. What they do not tell is a finding too.
    package static func all(inInfo info: [String: String]) -> [BrokerWeakness] {
        [eviction(info), persistence(info)].compactMap { $0 }
    }

    private static func eviction(_ info: [String: String]) -> BrokerWeakness? {
        let setting = "maxmemory-policy"
        guard let policy = info["maxmemory_policy"] else { return unknown(setting) }
        guard policy != "noeviction" else { return nil }
        let isLimited = info["maxmemory"].map { $0 != "0" } ?? true
        return BrokerWeakness(
            setting: setting,
            finding: isLimited
                ? "\(policy): Redis may throw away requests, stops and messages; set noeviction"
                : "\(policy): should maxmemory ever be set, Redis may throw away requests, stops and messages; set noeviction"
        )
    }

    private static func persistence(_ info: [String: String]) -> BrokerWeakness? {
        let setting = "appendonly"
        guard let enabled = info["aof_enabled"] else { return unknown(setting) }
        guard enabled == "1" else {
            return BrokerWeakness(
                setting: setting, finding: "no: requests, stops and messages are lost when Redis restarts; set yes")
        }
        guard info["aof_last_write_status"] ?? "ok" == "ok" else {
            return BrokerWeakness(setting: setting, finding: "yes, but its last write failed: is the disk full?")
        }
        return nil
    }

    private static func unknown(_ setting: String) -> BrokerWeakness {
        BrokerWeakness(
            setting: setting, finding: "not known: this user may call neither INFO nor CONFIG GET")
    }
}
