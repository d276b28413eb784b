import FrontendClient
import NIOCore
import Shared

/// One WebSocket of a `CountingClient`. Bound to its event loop.
final class CountingConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let url: FrontendURL
    private let client: CountingClient
    /// Completes with `connection.ready`.
    private let ready: EventLoopPromise<Void>
    /// What came of the answer to the upgrade, until that is whole.
    private var head: [UInt8]? = []
    private var frames = ServerFrames()
    private var context: ChannelHandlerContext?
    /// What it asked, or watches, until that has ended.
    private(set) var request: RequestID?
    private var isWatching = false
    private var tokens = 0
    private let encoder = ClientEventEncoder()
    private let decoder = ServerEventDecoder()

    init(_ url: FrontendURL, client: CountingClient, ready: EventLoopPromise<Void>) {
        self.url = url
        self.client = client
        self.ready = ready
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: Upgrade.request(url))), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { end("the connection broke") }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end("\(error)") }

    private func end(_ reason: String) {
        guard let context else { return }
        self.context = nil
        context.close(promise: nil)
        ready.fail(BarsFailure(reason))
        client.lost(reason, withAnswer: request != nil)
        request = nil
    }

    func cut() {
        let context = context
        self.context = nil
        context?.close(promise: nil)
    }

    // MARK: Saying

    func ask(_ parameters: [String: JSONValue]) {
        let request = RequestID.random()
        begin(request, isWatching: false)
        send(ClientEvent(id: request, command: .send(SendCommand(content: "bench", parameters: parameters))))
    }

    func watch(_ request: RequestID) {
        begin(request, isWatching: true)
        send(ClientEvent(id: .random(), command: .resume(ResumeCommand(requestID: request))))
    }

    private func begin(_ request: RequestID, isWatching: Bool) {
        self.request = request
        self.isWatching = isWatching
        tokens = 0
    }

    /// Stops what it asked; what it watches is for the one who asked to stop.
    func stop() {
        guard let request, !isWatching else { return }
        send(ClientEvent(id: .random(), command: .stop(StopCommand(requestID: request))))
    }

    private func send(_ event: ClientEvent) { write(.text, encoder.encode(event).readableBytesView) }

    private func write(_ opcode: ServerFrames.Opcode, _ payload: some Collection<UInt8>) {
        context?.writeAndFlush(
            wrapOutboundOut(ByteBuffer(bytes: ServerFrames.ofClient(opcode, payload))), promise: nil)
    }

    // MARK: Hearing

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let input = unwrapInboundIn(data)
        if var head {
            head += input.readableBytesView
            do {
                guard let length = try Upgrade.head(of: head) else { return self.head = head }
                self.head = nil
                head.withUnsafeBytes { read(UnsafeRawBufferPointer(rebasing: $0[length...])) }
            } catch {
                end("\(error)")
            }
            return
        }
        input.withUnsafeReadableBytes { read($0) }
    }

    private func read(_ bytes: UnsafeRawBufferPointer) {
        frames.read(bytes) { opcode, payload in
            switch opcode {
            case .text:
                guard let count = ChunkCounter.tokens(of: payload) else { return heard(payload) }
                tokens += count
                client.chunk(count)
            case .ping: write(.pong, Array(payload))
            case .close: end("the frontend closed the connection")
            case .continuation, .binary, .pong, nil: break
            }
        }
    }

    private func heard(_ payload: UnsafeRawBufferPointer) {
        guard let event = try? decoder.decode(ByteBuffer(bytes: payload))?.event else { return }
        switch event {
        case .connectionReady: ready.succeed()
        case .streamingStart: client.started()
        case .streamingComplete(let complete):
            let told = complete.metadata.usage.outputTokens
            ended(told == tokens ? nil : "an answer of \(told) tokens brought \(tokens)")
        case .streamingError(let error): ended("\(error.errorCode.rawValue): \(error.message)")
        case .failure(let failure):
            guard let request, failure.requestID == request.text else { return }
            ended("\(failure.errorCode.rawValue): \(failure.message)")
        case .streamingChunk, .streamingRestart, .connectionError, .queued, .success, .authenticated: break
        }
    }

    private func ended(_ wrong: String?) {
        request = nil
        client.ended(self, wrong: wrong)
    }
}
