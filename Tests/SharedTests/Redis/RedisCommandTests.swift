import NIOCore
import Shared
import Testing

@Suite struct RedisCommandTests {
    private func encoded(_ command: RedisCommand) -> String {
        var buffer = ByteBuffer()
        command.append(to: &buffer)
        #expect(buffer.readableBytes <= command.encodedSize)
        return String(buffer: buffer)
    }

    @Test func encodesEveryKindOfArgument() {
        let command = RedisCommand(
            "XADD", .string("é"), .bytes([1, 2]), .buffer(ByteBuffer(string: "b")), -12, .integer(.min), "")
        #expect(
            encoded(command) == "*7\r\n$4\r\nXADD\r\n$2\r\né\r\n$2\r\n\u{1}\u{2}\r\n$1\r\nb\r\n$3\r\n-12\r\n"
                + "$20\r\n-9223372036854775808\r\n$0\r\n\r\n")
    }

    @Test(arguments: [0, 9, 10, 99, 100, 12_345, .max, -1, -10, .min])
    func writesIntegers(integer: Int) {
        let text = "\(integer)"
        #expect(RedisCommandWriter.digits(integer) == text.utf8.count)
        #expect(encoded(RedisCommand(.integer(integer))) == "*1\r\n$\(text.utf8.count)\r\n\(text)\r\n")
    }

    @Test func writesTheHotForm() {
        var buffer = ByteBuffer()
        let commands = buffer.writeRedisCommands(capacity: 200) { writer in
            writer.command(arguments: 3)
            writer.argument("XADD")
            writer.argument("tokens:{", "id", "}")
            writer.argument(id: 7, 42)
            writer.command(arguments: 2)
            writer.argument("PUBLISH")
            writer.begin(3)
            writer.raw(1)
            writer.raw("-b" as StaticString)
            writer.end()
        }
        #expect(commands == 2)
        #expect(
            String(buffer: buffer)
                == "*3\r\n$4\r\nXADD\r\n$11\r\ntokens:{id}\r\n$4\r\n7-42\r\n*2\r\n$7\r\nPUBLISH\r\n$3\r\n1-b\r\n")
    }
}
