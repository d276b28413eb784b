/// The names of the request that a middle server makes for another: the same for every attempt at the parent.
package struct ChildRequest: Hashable, Sendable {
    /// The child's id.
    package let id: RequestID
    /// A conversation of its own, for the parent's has the parent's messages.
    package let session: SessionID

    /// Derives the names. Two parents share none but by a collision of 122 bits.
    /// Where one request has several of the kind, `salt` tells them apart.
    package init(of parent: RequestID, salt: String = "") {
        // Ids are kept as they were written; two spellings are two requests.
        let high = Self.hash(parent.text + salt, seed: 0xCBF2_9CE4_8422_2325)
        let low = Self.hash(parent.text + salt, seed: 0x9E37_79B9_7F4A_7C15)
        guard let id = RequestID(UUIDText.format(high: high, low: low)),
            let session = SessionID(UUIDText.format(high: low, low: high))
        else { preconditionFailure("UUIDText formats UUIDs") }
        self.id = id
        self.session = session
    }

    /// FNV-1a, then the finalizer of SplitMix64, so that every bit depends on every byte.
    private static func hash(_ text: String, seed: UInt64) -> UInt64 {
        var value = seed
        for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
