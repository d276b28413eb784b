import ServiceLifecycle

/// Holds the brokers open until the WebSockets are closed, which the stop of the listener has begun. Each has a deadline of its own.
struct ConnectionDrain: Service, CustomStringConvertible {
    let connections: ConnectionCount

    var description: String { "connections" }

    func run() async throws {
        try? await gracefulShutdown()
        await connections.none()
    }
}
