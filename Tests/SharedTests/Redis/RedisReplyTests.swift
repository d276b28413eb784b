import Shared
import Testing

@Suite struct RedisReplyTests {
    private func text(_ text: String) -> RedisReply { .string([UInt8](text.utf8)) }

    @Test func hasAccessors() {
        #expect(text("12").integer == 12)
        #expect(RedisReply.integer(12).string == "12")
        #expect(RedisReply.null.isNull)
        #expect(RedisReply.null.string == nil)
        #expect(RedisReply.array([.null, .integer(1)])[1] == .integer(1))
        #expect(RedisReply.array([])[0] == nil)
    }

    @Test func anArrayOfPairsIsAMap() {
        #expect(RedisReply.array([text("a"), .integer(1), text("b"), .null]).map == ["a": .integer(1), "b": .null])
        #expect(RedisReply.array([text("a")]).map == nil)
        #expect(RedisReply.integer(1).map == nil)
    }

    @Test func errorsHaveAKindAndASafeLabel() {
        #expect(RedisError(reply: "NOSCRIPT No matching script").code == .redis(kind: "NOSCRIPT"))
        #expect(RedisError(reply: "it went wrong").code == .redis(kind: "ERR"))
        #expect(RedisError(reply: "NOSCRIPT x").code.description == "redis_noscript")
        #expect(RedisError(reply: "MINE x").code.description == "redis_other")
    }
}
