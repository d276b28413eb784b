import Shared
import TestSupport
import Testing

@testable import LoadTest

@Suite struct IdentityTests {
    @Test func anIdTellsWhatItNames() throws {
        var random = SeededRandom(seed: 1)
        let identity = RunIdentity(&random)
        for (shard, slot, generation) in [
            (0, 0, UInt32(1)), (15, StreamKey.maximumSlots - 1, 1 << 26 - 1), (3, 77, 12_345),
        ] {
            let key = StreamKey(shard: shard, slot: slot, generation: generation)
            #expect(key.shard == shard && key.slot == slot && key.generation == generation)
            for kind in RunIdentity.Kind.allCases {
                let read = try #require(identity.read(identity.id(kind, of: key).text))
                #expect(read.kind == kind && read.key == key)
            }
            #expect(identity.id(.request, of: key).text.hasPrefix(identity.requestPrefix))
        }
    }

    @Test func idsOfOtherRunsAreForeign() {
        var random = SeededRandom(seed: 2)
        let (one, other) = (RunIdentity(&random), RunIdentity(&random))
        let key = StreamKey(shard: 1, slot: 2, generation: 3)
        #expect(one.read(other.id(.request, of: key).text) == nil)
        #expect(one.read("") == nil && one.read("no id") == nil)
        #expect(one.read(one.requestPrefix + "00000000000Z") == nil)
    }
}
