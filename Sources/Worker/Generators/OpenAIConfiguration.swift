package import NIOCore

/// Where and how the `openai` generator asks.
package struct OpenAIConfiguration: Sendable {
    /// The base URL, with or without `/v1` at its end.
    package var url: String
    /// Sent as a bearer token.
    package var key: String?
    /// The model where the request names none.
    package var model: String?
    /// How it goes on behind what a broken attempt has said.
    package var continuation: OpenAIContinuation
    /// To establish a connection.
    package var connectTimeout: TimeAmount
    /// From the request to the first byte of the answer's body.
    package var firstByteTimeout: TimeAmount
    /// Between two pieces of the body.
    package var idleTimeout: TimeAmount
    /// Requests at once.
    package var connections: Int
    /// The longest event of the stream.
    package var maximumEventBytes: Int

    package init(
        url: String, key: String? = nil, model: String? = nil,
        continuation: OpenAIContinuation = .restart, connectTimeout: TimeAmount = .seconds(5),
        firstByteTimeout: TimeAmount = .seconds(60), idleTimeout: TimeAmount = .seconds(30), connections: Int = 64,
        maximumEventBytes: Int = 1 << 20
    ) {
        self.url = url
        self.key = key
        self.model = model
        self.continuation = continuation
        self.connectTimeout = connectTimeout
        self.firstByteTimeout = firstByteTimeout
        self.idleTimeout = idleTimeout
        self.connections = connections
        self.maximumEventBytes = maximumEventBytes
    }

    /// Where requests are posted.
    package var endpoint: String {
        var base = url[...]
        while base.last == "/" { base = base.dropLast() }
        return base.hasSuffix("/v1") ? "\(base)/chat/completions" : "\(base)/v1/chat/completions"
    }
}
