package import Hummingbird

extension ListenAddress {
    /// The same address for a Hummingbird server.
    package var bindAddress: BindAddress {
        switch self {
        case .unix(let path): .unixDomainSocket(path: path)
        case .tcp(let host, let port): .hostname(host, port: port)
        }
    }
}
