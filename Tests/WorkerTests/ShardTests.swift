import NIOEmbedded
import TestSupport
import Testing

@testable import Worker

@Suite("Shard") struct ShardTests {
    private func shard() -> Shard {
        Shard(broker: InMemoryBroker(InMemoryStore(), on: EmbeddedEventLoop()))
    }

    @Test func theFirstOfThoseWithTheFewestJobsIsChosen() {
        let shards = [shard(), shard(), shard()]
        func chosen() -> Int? { shards.firstIndex { $0.executor === shards.leastLoaded.executor } }
        #expect(chosen() == 0)
        shards[0].began()
        #expect(chosen() == 1)
        shards[1].began()
        #expect(chosen() == 2)
        shards[2].began()
        #expect(chosen() == 0)
        shards[0].began()
        shards[2].ended()
        #expect(chosen() == 2 && shards.map(\.jobs) == [2, 1, 0])
    }
}
