import Shared

/// The place of an answer in its event loop's table, and which of the many that used it one after the other: 48 bits, which
/// are the last twelve digits of its request's id. So an event finds its answer without looking for it.
struct StreamKey: Hashable, Sendable {
    static let maximumShards = 16
    /// Answers at a time on one event loop.
    static let maximumSlots = 1 << 18
    private static let generationBits: UInt64 = 26

    let bits: UInt64

    init(bits: UInt64) { self.bits = bits & 0xFFFF_FFFF_FFFF }

    init(shard: Int, slot: Int, generation: UInt32) {
        bits =
            UInt64(shard) << (18 + Self.generationBits) | UInt64(slot) << Self.generationBits
            | UInt64(generation) & ((1 << Self.generationBits) - 1)
    }

    var shard: Int { Int(bits >> (18 + Self.generationBits)) }
    var slot: Int { Int(bits >> Self.generationBits) & (Self.maximumSlots - 1) }
    var generation: UInt32 { UInt32(bits & ((1 << Self.generationBits) - 1)) }
}
