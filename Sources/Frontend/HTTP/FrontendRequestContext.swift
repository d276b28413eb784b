import Hummingbird
import NIOCore

/// What the routes know of a request besides itself.
struct FrontendRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The loop of the connection, whose broker is used.
    let eventLoop: any EventLoop

    /// Bytes that a request's body may have: a stop has two short fields.
    static let maximumBodyBytes = 8 * 1024

    var maxUploadSize: Int { Self.maximumBodyBytes }

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        eventLoop = source.channel.eventLoop
    }
}
