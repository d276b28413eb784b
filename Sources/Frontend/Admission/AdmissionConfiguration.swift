import Shared

/// How much is let in. Where a setting is 0 there is no bound.
struct AdmissionConfiguration: Sendable {
    /// `max-queue-length`: jobs that may wait in the queue, up to 10,000,000 (20,000).
    var maximumQueueLength: Int? = 20_000

    init() {}

    /// Reads and checks the settings.
    init(reading reader: SettingsReader) throws(SettingsError) {
        maximumQueueLength = try Self.bound(reader, "max-queue-length", default: maximumQueueLength, upTo: 10_000_000)
    }

    private static func bound(
        _ reader: SettingsReader, _ key: String, default fallback: Int?, upTo most: Int
    ) throws(SettingsError) -> Int? {
        let value = try reader.int(key, default: fallback ?? 0, in: 0...most)
        return value == 0 ? nil : value
    }
}
