import NIOCore
import NIOPosix
import NIOSSL

/// Opens the socket of a connection: TCP or unix, plain or TLS.
///
/// The TLS context is made once, when the connector is: a certificate file that cannot be read is known at start.
struct RedisConnector: Sendable {
    private let configuration: RedisConfiguration
    private let tls: NIOSSLContext?

    init(_ configuration: RedisConfiguration) throws(RedisError) {
        self.configuration = configuration
        guard let settings = configuration.tls else {
            tls = nil
            return
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        if let file = settings.caFile { tls.trustRoots = .file(file) }
        do {
            self.tls = try NIOSSLContext(configuration: tls)
        } catch {
            throw RedisError(.invalidConfiguration, "TLS for Redis cannot be set up", underlying: error)
        }
    }

    /// Opens the socket on the loop, with the handler last in its pipeline.
    func connect(on eventLoop: any EventLoop, handler: RedisChannelHandler) -> EventLoopFuture<any Channel> {
        let tls = self.tls
        let configuration = self.configuration
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(configuration.connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: configuration.serverName))
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        switch configuration.address {
        case .tcp(let host, let port):
            return bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .connect(host: host, port: port)
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        }
    }
}

extension RedisConfiguration {
    /// The name for SNI and for the check of the certificate: nil for an address in numbers, whose certificate is checked by address.
    fileprivate var serverName: String? {
        guard case .tcp(let host, _) = address, (try? SocketAddress(ipAddress: host, port: 0)) == nil else {
            return nil
        }
        return host
    }
}
