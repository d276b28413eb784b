package import NIOCore
private import NIOHTTP1
private import NIOPosix
private import NIOWebSocket
private import Shared

extension FrontendConnection {
    /// Connects and upgrades.
    ///
    /// Throws `unreachable` where there is no connection in time, `refused` where the frontend declines the upgrade.
    package static func connect(
        _ url: FrontendURL, options: Options = Options(),
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(FrontendError) -> FrontendConnection {
        let connecting = try FrontendDial(url, caFile: options.caFile, timeout: options.connectTimeout)
            .connect(on: group)
            .flatMap { channel in
                channel.eventLoop.makeCompletedFuture {
                    let upgrade = try upgrade(channel, url: url, options: options)
                    let answer = channel.eventLoop.makePromise(of: Upgrade.self)
                    let timeout = channel.eventLoop.scheduleTask(in: options.connectTimeout) {
                        answer.fail(ChannelError.connectTimeout(options.connectTimeout))
                        channel.close(promise: nil)
                    }
                    // Of two completions the first counts.
                    upgrade.cascade(to: answer)
                    answer.futureResult.whenComplete { _ in timeout.cancel() }
                    return answer.futureResult
                }
            }
        let result: Upgrade
        do {
            result = try await connecting.flatMap { $0 }.get()
        } catch {
            throw FrontendError(.unreachable, "\(url) cannot be reached", underlying: error)
        }
        switch result {
        case .connected(let connection): return connection
        case .refused(let status):
            throw FrontendError(
                .refused, "\(url) answered \(status.code) \(status.reasonPhrase)", status: Int(status.code))
        }
    }

    private enum Upgrade: Sendable {
        case connected(FrontendConnection)
        case refused(HTTPResponseStatus)
    }

    private static func upgrade(
        _ channel: any Channel, url: FrontendURL, options: Options
    ) throws -> EventLoopFuture<Upgrade> {
        let upgrader = NIOTypedWebSocketClientUpgrader<Upgrade>(
            maxFrameSize: options.maximumMessageBytes, enableAutomaticErrorHandling: false
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture { .connected(try established(channel, options: options)) }
        }
        let status = NIOLoopBoundBox(HTTPResponseStatus.ok, eventLoop: channel.eventLoop)
        var headers = HTTPHeaders([("Host", url.authority)])
        if let token = options.token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: url.path, headers: headers)
        let configuration = NIOTypedHTTPClientUpgradeConfiguration(upgradeRequestHead: head, upgraders: [upgrader]) {
            channel in
            channel.close(promise: nil)
            return channel.eventLoop.makeSucceededFuture(.refused(status.value))
        }
        var pipeline = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: configuration)
        pipeline.leftOverBytesStrategy = .forwardBytes
        let upgrade = try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: pipeline)
        let upgradeHandler = try channel.pipeline.syncOperations.handler(
            type: NIOTypedHTTPClientUpgradeHandler<Upgrade>.self)
        try channel.pipeline.syncOperations.addHandler(StatusRecorder(status), position: .before(upgradeHandler))
        return upgrade
    }

    private static func established(_ channel: any Channel, options: Options) throws -> FrontendConnection {
        let demand = FrontendChannelHandler.Demand()
        let sequence = FrontendEvents.Producer.makeSequence(
            elementType: ServerEvent.self,
            backPressureStrategy: .init(lowWatermark: options.lowWatermark, highWatermark: options.highWatermark),
            finishOnDeinit: false, delegate: demand)
        let handler = FrontendChannelHandler(source: sequence.source, silence: options.silence)
        demand.bind(NIOLoopBound(handler, eventLoop: channel.eventLoop))
        try channel.pipeline.syncOperations.addHandlers([
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 1024,
                maxAccumulatedFrameSize: options.maximumMessageBytes),
            handler,
        ])
        return FrontendConnection(channel: channel, inbound: FrontendEvents(sequence.sequence), handler: handler)
    }
}

/// Notes the status of the answer to the upgrade, which the upgrade handler keeps to itself, and leaves.
private final class StatusRecorder: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    private let status: NIOLoopBoundBox<HTTPResponseStatus>

    init(_ status: NIOLoopBoundBox<HTTPResponseStatus>) { self.status = status }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = Self.unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        status.value = head.status
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
