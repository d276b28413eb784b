package import NIOCore

/// Writes commands in the Redis protocol into memory reserved once: the form for the hot path.
///
/// `ByteBuffer.writeRedisCommands(capacity:_:)` makes one. Each command is `command(arguments:)` followed by exactly that many
/// arguments; each argument costs its bytes and at most `overhead` bytes more.
///
/// Writing beyond the capacity, or another number of arguments than announced, is a mistake of the caller: the first
/// stops the process, the second is caught in debug builds.
package struct RedisCommandWriter {
    /// What an argument takes beyond its own bytes, and what the head of a command takes.
    package static let overhead = 25

    private let memory: UnsafeMutableRawBufferPointer
    private var offset = 0
    private var argumentsLeft = 0
    fileprivate private(set) var commands = 0

    fileprivate init(_ memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    fileprivate var written: Int {
        assert(argumentsLeft == 0, "a command has fewer arguments than announced")
        return offset
    }

    /// Begins a command of `count` arguments, its name being the first.
    package mutating func command(arguments count: Int) {
        assert(argumentsLeft == 0, "a command has fewer arguments than announced")
        argumentsLeft = count
        commands += 1
        head(UInt8(ascii: "*"), count)
    }

    package mutating func argument(_ text: StaticString) {
        text.withUTF8Buffer { argument(UnsafeRawBufferPointer($0)) }
    }

    package mutating func argument(_ text: String) {
        begin(text.utf8.count)
        raw(text)
        end()
    }

    package mutating func argument(_ bytes: UnsafeRawBufferPointer) {
        begin(bytes.count)
        raw(bytes)
        end()
    }

    package mutating func argument(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { argument($0) }
    }

    package mutating func argument(_ buffer: ByteBuffer) {
        buffer.withUnsafeReadableBytes { argument($0) }
    }

    package mutating func argument(_ integer: Int) {
        begin(Self.digits(integer))
        raw(integer)
        end()
    }

    package mutating func argument(_ argument: RedisArgument) {
        switch argument {
        case .literal(let text): self.argument(text)
        case .string(let text): self.argument(text)
        case .bytes(let bytes): self.argument(bytes)
        case .buffer(let buffer): self.argument(buffer)
        case .integer(let integer): self.argument(integer)
        }
    }

    /// A key or channel made of three parts, for example `tokens:{`, an id, `}`.
    package mutating func argument(_ prefix: StaticString, _ text: String, _ suffix: StaticString = "") {
        begin(prefix.utf8CodeUnitCount + text.utf8.count + suffix.utf8CodeUnitCount)
        raw(prefix)
        raw(text)
        raw(suffix)
        end()
    }

    /// An entry id: two integers with a dash between them.
    package mutating func argument(id first: Int, _ second: Int) {
        begin(Self.digits(first) + 1 + Self.digits(second))
        raw(first)
        raw("-" as StaticString)
        raw(second)
        end()
    }

    // MARK: - Parts

    /// Begins an argument of `length` bytes that the caller gives in parts by `raw`, and finishes by `end()`.
    @inline(__always)
    package mutating func begin(_ length: Int) {
        argumentsLeft -= 1
        assert(argumentsLeft >= 0, "a command has more arguments than announced")
        head(UInt8(ascii: "$"), length)
    }

    @inline(__always)
    package mutating func end() {
        room(2)
        memory.storeBytes(of: Self.lineEnd, toByteOffset: offset, as: UInt16.self)
        offset += 2
    }

    @inline(__always)
    package mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, let target = memory.baseAddress else { return }
        room(bytes.count)
        (target + offset).copyMemory(from: source, byteCount: bytes.count)
        offset += bytes.count
    }

    package mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { raw(UnsafeRawBufferPointer($0)) }
    }

    package mutating func raw(_ text: String) {
        text.withContiguousUTF8 { raw(UnsafeRawBufferPointer($0)) }
    }

    package mutating func raw(_ integer: Int) {
        let count = Self.digits(integer)
        room(count)
        write(integer, digits: count)
    }

    /// Where room for it was found.
    @inline(__always)
    private mutating func write(_ integer: Int, digits: Int) {
        var rest = integer.magnitude
        var at = offset + digits
        while rest >= 10 {
            at -= 1
            memory[at] = UInt8(truncatingIfNeeded: 48 + rest % 10)
            rest /= 10
        }
        memory[at - 1] = UInt8(truncatingIfNeeded: 48 + rest)
        if integer < 0 { memory[offset] = UInt8(ascii: "-") }
        offset += digits
    }

    /// How many bytes an integer takes in decimal, its sign included.
    @inline(__always)
    package static func digits(_ integer: Int) -> Int {
        if 0..<100 ~= integer { return integer < 10 ? 1 : 2 }
        return manyDigits(integer)
    }

    private static func manyDigits(_ integer: Int) -> Int {
        var rest = integer.magnitude
        var count = integer < 0 ? 1 : 0
        while rest >= 10_000 {
            rest /= 10_000
            count += 4
        }
        return count + (rest < 10 ? 1 : rest < 100 ? 2 : rest < 1000 ? 3 : 4)
    }

    /// CR and LF, as they stand in memory.
    private static var lineEnd: UInt16 { UInt16(0x0A0D).littleEndian }

    @inline(__always)
    private mutating func head(_ mark: UInt8, _ count: Int) {
        let digits = Self.digits(count)
        room(digits + 3)
        memory[offset] = mark
        offset += 1
        write(count, digits: digits)
        memory.storeBytes(of: Self.lineEnd, toByteOffset: offset, as: UInt16.self)
        offset += 2
    }

    @inline(__always)
    private func room(_ count: Int) {
        precondition(memory.count - offset >= count, "the capacity given for a Redis command is too small")
    }
}

extension ByteBuffer {
    /// Writes commands with one reservation of `capacity` bytes, and returns how many commands were written.
    @discardableResult
    package mutating func writeRedisCommands(capacity: Int, _ body: (inout RedisCommandWriter) -> Void) -> Int {
        var commands = 0
        writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { memory in
            var writer = RedisCommandWriter(memory)
            body(&writer)
            commands = writer.commands
            return writer.written
        }
        return commands
    }
}
