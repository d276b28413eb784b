/// Who uses a `RedisConnection`. All is called on its loop.
protocol RedisConnectionDelegate: AnyObject {
    /// The handshake is done; commands may be written.
    func connectionBecameReady()
    /// A reply to something written since, in order. The reader is valid in the call only.
    func connectionReplied(_ reply: ReplyReader)
    /// The replies that one read brought were all delivered.
    func connectionReadCompleted()
    /// What was written and not replied to has failed. Also called for attempts that never became ready.
    func connectionWasLost(_ error: RedisError)
    /// After `close()`: nothing more will be called.
    func connectionDidClose()
}
