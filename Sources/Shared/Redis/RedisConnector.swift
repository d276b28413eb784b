import NIOCore
import NIOPosix
import NIOSSL

/// Opens the socket of a connection: TCP or unix, plain or TLS; to the master that the sentinels name, where there are any.
///
/// The TLS context is made once, when the connector is: a certificate file that cannot be read is known at start.
struct RedisConnector: Sendable {
    private let configuration: RedisConfiguration
    private let tls: NIOSSLContext?
    private let lookup: RedisMasterLookup?

    init(_ configuration: RedisConfiguration) throws(RedisError) {
        self.configuration = configuration
        guard let settings = configuration.tls else {
            tls = nil
            lookup = Self.lookup(configuration, tls: nil)
            return
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        if let file = settings.caFile { tls.trustRoots = .file(file) }
        do {
            let context = try NIOSSLContext(configuration: tls)
            self.tls = context
            lookup = Self.lookup(configuration, tls: context)
        } catch {
            throw RedisError(.invalidConfiguration, "TLS for Redis cannot be set up", underlying: error)
        }
    }

    private static func lookup(_ configuration: RedisConfiguration, tls: NIOSSLContext?) -> RedisMasterLookup? {
        guard case .sentinel(let sentinel) = configuration.address else { return nil }
        return RedisMasterLookup(
            sentinel, tls: tls, timeout: min(configuration.connectTimeout, .seconds(2)))
    }

    /// Opens the socket on the loop, with the handler last in its pipeline.
    func connect(on eventLoop: any EventLoop, handler: RedisChannelHandler) -> EventLoopFuture<any Channel> {
        switch configuration.address {
        case .tcp(let host, let port):
            return connect(on: eventLoop, host: host, port: port, handler)
        case .unix(let path):
            return bootstrap(eventLoop, handler, serverName: nil).connect(unixDomainSocketPath: path)
        case .sentinel:
            guard let lookup else { preconditionFailure("sentinels without a lookup") }
            let handler = NIOLoopBound(handler, eventLoop: eventLoop)
            return lookup.master(on: eventLoop).flatMap { master in
                connect(on: eventLoop, host: master.host, port: master.port, handler.value)
            }
        }
    }

    private func connect(
        on eventLoop: any EventLoop, host: String, port: Int, _ handler: RedisChannelHandler
    ) -> EventLoopFuture<any Channel> {
        bootstrap(eventLoop, handler, serverName: NIOSSLClientHandler.serverName(host))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .connect(host: host, port: port)
    }

    private func bootstrap(
        _ eventLoop: any EventLoop, _ handler: RedisChannelHandler, serverName: String?
    ) -> ClientBootstrap {
        let tls = self.tls
        return ClientBootstrap(group: eventLoop)
            .connectTimeout(configuration.connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: serverName))
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
    }
}

extension NIOSSLClientHandler {
    /// The name for SNI and for the check of the certificate: nil for an address in numbers, whose certificate is checked by address.
    static func serverName(_ host: String) -> String? {
        (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }
}
