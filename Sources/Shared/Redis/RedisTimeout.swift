package import NIOCore

/// How long a command may take, from the call to its reply, waiting for a connection included.
package enum RedisTimeout: Sendable {
    /// `RedisConfiguration.commandTimeout`.
    case standard
    /// For ever: for blocking commands. The command still fails when its connection breaks.
    case none
    case after(TimeAmount)
}
