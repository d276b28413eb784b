extension SettingsReader {
    /// The name of a queue: 1 to 128 letters, digits, `.`, `_` and `-`. It becomes part of Redis keys. Nil where no source has it.
    package func queueName(_ key: String) throws(SettingsError) -> String? {
        guard let name = string(key) else { return nil }
        guard (1...128).contains(name.utf8.count), name.utf8.allSatisfy(Self.isQueueCharacter) else {
            throw SettingsError(
                key: key, message: "\"\(name)\" is not 1 to 128 letters, digits, dots, dashes and underscores")
        }
        return name
    }

    /// The name of a queue.
    package func queueName(_ key: String, default fallback: String) throws(SettingsError) -> String {
        try queueName(key) ?? fallback
    }

    private static func isQueueCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
