package import NIOCore
private import NIOPosix
private import NIOSSL

/// The way to a frontend's port: TCP, and TLS where its URL says so. What every connection to it begins with.
package struct FrontendDial: Sendable {
    package let url: FrontendURL
    private let tls: NIOSSLContext?
    private let timeout: TimeAmount

    /// Reads the authorities to trust from the PEM file `caFile` instead of the system's. Throws `invalidConfiguration` where it
    /// cannot. `timeout` is for the TCP connection.
    package init(_ url: FrontendURL, caFile: String? = nil, timeout: TimeAmount) throws(FrontendError) {
        self.url = url
        self.timeout = timeout
        do {
            tls = try url.isSecure ? Self.tlsContext(caFile) : nil
        } catch {
            throw FrontendError(.invalidConfiguration, "TLS cannot be set up", underlying: error)
        }
    }

    private static func tlsContext(_ caFile: String?) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let caFile { configuration.trustRoots = .file(caFile) }
        return try NIOSSLContext(configuration: configuration)
    }

    /// An address of the host, for many connections: looked up once. Blocks.
    package func resolve() throws(FrontendError) -> SocketAddress {
        do {
            return try SocketAddress.makeAddressResolvingHost(url.host, port: url.port)
        } catch {
            throw FrontendError(.unreachable, "\(url.host) cannot be resolved", underlying: error)
        }
    }

    /// Connects, to `address` where it was looked up before. `configure` adds handlers to the channel, on its event loop, before
    /// anything is sent or received.
    package func connect(
        on group: any EventLoopGroup, to address: SocketAddress? = nil,
        _ configure: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [tls, url] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let name = (try? SocketAddress(ipAddress: url.host, port: 0)) == nil ? url.host : nil
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try configure(channel)
                }
            }
        return address.map { bootstrap.connect(to: $0) } ?? bootstrap.connect(host: url.host, port: url.port)
    }
}
