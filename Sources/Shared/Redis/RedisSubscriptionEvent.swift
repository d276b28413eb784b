/// What a subscription tells its handler.
///
/// Order: messages of a channel come in the order in which Redis sent them. After `interrupted` there are none until
/// `resumed`; what was published in between is lost, so what matters is to be read again on `resumed`.
package enum RedisSubscriptionEvent {
    /// A message; its bytes are valid in the call only.
    case message(UnsafeRawBufferPointer)
    /// The connection was lost.
    case interrupted
    /// Redis confirmed the subscription on a new connection.
    case resumed
    /// Redis refused to subscribe again, by an ACL for example. The subscription has ended. A refusal of the first subscribing
    /// fails `confirmed` instead.
    case refused(RedisError)
}
