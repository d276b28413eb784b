import FrontendClient
import NIOCore

/// The way to one frontend, looked up once.
struct Route: Sendable {
    var dial: FrontendDial
    var address: SocketAddress
}
