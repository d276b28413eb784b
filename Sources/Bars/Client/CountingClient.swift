import FrontendClient
import NIOCore
import NIOPosix
import Shared

/// Many WebSockets that count what comes, and do nothing else with it: a client that takes as little of the machine as can be from those
/// it measures. It asks the `count` generator, one answer at a time on each connection, without pause.
///
/// It counts tokens by their spaces, and compares with what the ending of each answer says. That texts are right is for `penstock-loadtest`.
///
/// `@unchecked Sendable`: everything behind `connect` is touched on its one event loop alone.
final class CountingClient: @unchecked Sendable {
    struct Figures: Sendable {
        var chunks = 0
        var tokens = 0
        var started = 0
        var ended = 0
        /// Answers that failed, were refused, or ended with another number of tokens than came.
        var wrong = 0
        /// The first thing that was wrong.
        var complaint: String?
    }

    private let url: FrontendURL
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let loop: any EventLoop
    private var connections: [CountingConnection] = []
    private var figures = Figures()
    /// What is asked for, while there is a load.
    private var parameters: [String: JSONValue]?
    private var requestsLeft = 0
    private var running = 0
    private var idle: EventLoopPromise<Void>?
    private var isClosing = false

    init(_ url: FrontendURL) {
        self.url = url
        loop = group.next()
    }

    /// Opens `count` connections, some at a time, and returns when the frontend has greeted all.
    func connect(_ count: Int) async throws {
        let address = try SocketAddress.makeAddressResolvingHost(url.host, port: url.port)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                if number >= 128 { try await group.next() }
                group.addTask { try await self.connect(to: address) }
            }
            try await group.waitForAll()
        }
    }

    private func connect(to address: SocketAddress) async throws {
        let connection = NIOLoopBoundBox<CountingConnection?>.makeEmptyBox(eventLoop: loop)
        let ready = loop.makePromise(of: Void.self)
        do {
            _ = try await ClientBootstrap(group: loop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.maxMessagesPerRead, value: 1)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
                .connectTimeout(.seconds(10))
                .channelInitializer { [url] channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = CountingConnection(url, client: self, ready: ready)
                        connection.value = handler
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .connect(to: address).get()
        } catch {
            ready.fail(error)
        }
        try await ready.futureResult.get()
        try await loop.submit { if let connection = connection.value { self.connections.append(connection) } }.get()
    }

    /// Begins to ask: `tokens` in each answer, one every `interval` milliseconds, `requests` answers in all, or as many as can be.
    func begin(tokens: Int, interval: Double = 0, requests: Int = .max) async throws {
        try await loop.submit {
            self.parameters = ["count": .integer(Int64(tokens)), "interval_ms": .number(interval)]
            self.requestsLeft = requests
            for connection in self.connections { self.ask(connection) }
        }.get()
    }

    /// Lets every connection that has no answer watch one that runs, from its beginning: those that run in turn.
    func watch() async throws {
        try await loop.submit {
            let running = self.connections.compactMap(\.request)
            guard !running.isEmpty else { return }
            for (number, connection) in self.connections.filter({ $0.request == nil }).enumerated() {
                self.running += 1
                connection.watch(running[number % running.count])
            }
        }.get()
    }

    /// Returns when `count` answers have started, at the latest after half a minute.
    func hasStarted(_ count: Int) async throws {
        for _ in 0..<300 {
            if try await now().started >= count { return }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// What there was so far.
    func now() async throws -> Figures { try await loop.submit { self.figures }.get() }

    /// Returns when every answer has ended.
    func finished() async throws {
        try await loop.flatSubmit { () -> EventLoopFuture<Void> in
            guard self.running > 0 else { return self.loop.makeSucceededVoidFuture() }
            let promise = self.idle ?? self.loop.makePromise()
            self.idle = promise
            return promise.futureResult
        }.get()
    }

    /// Asks for no more, and stops what runs. Returns when every answer has ended.
    func stop() async throws {
        try await loop.submit {
            self.requestsLeft = 0
            for connection in self.connections { connection.stop() }
        }.get()
        try await finished()
    }

    func close() async {
        try? await loop.submit {
            self.isClosing = true
            for connection in self.connections { connection.cut() }
            self.connections = []
        }.get()
        try? await group.shutdownGracefully()
    }

    // MARK: What connections tell, on the loop

    func started() { figures.started += 1 }

    func chunk(_ tokens: Int) {
        figures.chunks += 1
        figures.tokens += tokens
    }

    func ended(_ connection: CountingConnection, wrong: String?) {
        figures.ended += 1
        if let wrong { complain(wrong) }
        running -= 1
        ask(connection)
        if running == 0 {
            idle?.succeed()
            idle = nil
        }
    }

    /// A connection is lost, with its answer if it had one.
    func lost(_ reason: String, withAnswer: Bool) {
        guard !isClosing else { return }
        complain(reason)
        guard withAnswer else { return }
        running -= 1
        if running == 0 {
            idle?.succeed()
            idle = nil
        }
    }

    private func complain(_ complaint: String) {
        figures.wrong += 1
        figures.complaint = figures.complaint ?? complaint
    }

    private func ask(_ connection: CountingConnection) {
        guard requestsLeft > 0, let parameters else { return }
        requestsLeft -= 1
        running += 1
        connection.ask(parameters)
    }
}
