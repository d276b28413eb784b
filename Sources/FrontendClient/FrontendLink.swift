package import NIOCore
private import NIOPosix
package import Shared
private import Synchronization

/// A connection to a frontend that is made anew, with growing and jittered waits, whenever it is lost.
///
/// What was under way is not repeated here: whoever listens does that when told of `connected`. Events are handled one after
/// the other, each before the next is read, so a slow handler slows the frontend down.
package final class FrontendLink: Sendable {
    package enum Event: Sendable {
        case connected
        case received(ServerEvent)
        /// The connection is lost; it is being made anew.
        case lost(String)
        /// There will be no connection: the frontend forbids it, or did not come back in time.
        case gaveUp(String)
    }

    private let url: FrontendURL
    private let options: FrontendConnection.Options
    private let group: any EventLoopGroup
    private let patience: Duration
    private let connection = Mutex<FrontendConnection?>(nil)

    /// A link that gives up when there was no connection for `patience`, and at once where trying again cannot help.
    package init(
        _ url: FrontendURL, options: FrontendConnection.Options = .init(), patience: Duration = .seconds(60),
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.url = url
        self.options = options
        self.patience = patience
        self.group = group
    }

    /// Sends to the present connection; without one the event is dropped, as one in flight is when the connection breaks.
    package func post(_ event: ClientEvent) { connection.withLock { $0 }?.post(event) }

    /// Keeps the connection up and calls `handler` with everything that happens, until the task is cancelled (which closes
    /// it in order) or it gave up. The first connection is not waited for: where it fails, it gives up at once.
    package func run(_ handler: (Event) -> Void) async {
        var backoff = Backoff(minimum: 50_000_000, maximum: 2_000_000_000)
        var lostAt = ContinuousClock.now
        var wasConnected = false
        while !Task.isCancelled {
            do {
                let connection = try await FrontendConnection.connect(url, options: options, on: group)
                wasConnected = true
                backoff.reset()
                let status = await serve(connection, handler)
                if Task.isCancelled { return }
                lostAt = .now
                guard status.allowsReconnect else {
                    return handler(.gaveUp("the frontend closed the connection (\(status))"))
                }
                handler(.lost("\(status)"))
            } catch {
                if Task.isCancelled { return }
                guard error.allowsRetry, wasConnected, lostAt.duration(to: .now) < patience else {
                    return handler(.gaveUp("\(error)"))
                }
            }
            try? await Task.sleep(for: .nanoseconds(backoff.next(random: .random(in: 0..<1))))
        }
    }

    private func serve(_ connection: FrontendConnection, _ handler: (Event) -> Void) async -> CloseStatus {
        self.connection.withLock { $0 = connection }
        handler(.connected)
        for await event in connection.events { handler(.received(event)) }
        self.connection.withLock { $0 = nil }
        if Task.isCancelled {
            // The goodbye must still be said where the task is cancelled: nothing here waits on the task.
            await connection.close()
        }
        return (try? await connection.closed.get()) ?? .lost("the connection broke")
    }
}
