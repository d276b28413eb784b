/// What every stage is compared with: FNV-1a, 64 bits, of the same bytes, one byte after the other.
///
/// Each byte costs an exclusive or and a multiplication that wait for those of the byte before: four to five cycles on any processor of these
/// years, whatever its caches, its vectors and its branch predictor. So a ratio of 1 means "as fast as a plain loop over its bytes", and
/// stays where it is from one machine to another.
package enum Reference {
    @inline(never)
    package static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
        var hash = seed
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }

    /// Hashes `bytes` so many times, each time from where the last ended.
    static func run(_ bytes: [UInt8], times: Int) -> UInt64 {
        bytes.withUnsafeBytes { bytes in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for _ in 0..<times { hash = Reference.hash(bytes, seed: hash) }
            return hash
        }
    }
}
