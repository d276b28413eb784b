private import CHiredis

/// Turns bytes from Redis into replies by hiredis, without an allocation for each.
///
/// Feed it what was read, then call `next()` until there is no more. A reply is only valid until the following call of
/// `next()`. An error is final: the stream cannot be understood from there on, so the connection must be closed.
///
/// The hiredis reader moves what is left of its buffer to the front after each reply that ends beyond 1 KB; what is fed at
/// once should therefore be small (`feedSize`). Replies nested deeper than eight are refused.
///
/// Its state is the C parser's, so feeding and reading it do not change this value: what is kept in a `let` of an object is free of the
/// checks for exclusive access, which cost as much as half a reply.
package struct ReplyParser: ~Copyable {
    /// How many bytes to feed before draining replies.
    package static let feedSize = 16 * 1024

    private let parser: UnsafeMutablePointer<penstock_parser>

    package init() {
        guard let parser = penstock_parser_create() else { preconditionFailure("out of memory") }
        self.parser = parser
    }

    deinit {
        penstock_parser_free(parser)
    }

    package func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisError) {
        guard !bytes.isEmpty else { return }
        guard penstock_parser_feed(parser, bytes.baseAddress, bytes.count) == 0 else { throw error }
    }

    /// The next whole reply, or nil when more bytes are needed.
    package func next() throws(RedisError) -> ReplyReader? {
        switch penstock_parser_next(parser) {
        case 1: ReplyReader(tape: UnsafeRawBufferPointer(start: parser.pointee.tape, count: parser.pointee.length))
        case 0: nil
        default: throw error
        }
    }

    private var error: RedisError {
        RedisError(.protocolViolation, "not a Redis reply: \(String(cString: penstock_parser_error(parser)))")
    }
}
