private import AsyncHTTPClient
package import NIOCore
private import NIOHTTP1
private import NIOPosix
private import Shared

/// Asks an OpenAI-compatible engine for a streamed chat completion.
///
/// The engine's connection is closed at once when the context is stopped or the task is cancelled, whether it is being made,
/// waits for headers or for the next token: that is what frees the engine's slot. An answer that ended by itself leaves the connection
/// to the next request.
package struct OpenAIGenerator: TokenGenerator {
    private let configuration: OpenAIConfiguration
    private let client: HTTPClient

    package var name: String { "openai" }

    /// Connections live on the loops of `group`.
    package init(configuration: OpenAIConfiguration, group: any EventLoopGroup) {
        self.configuration = configuration
        var settings = HTTPClient.Configuration()
        settings.timeout = .init(connect: configuration.connectTimeout)
        settings.redirectConfiguration = .disallow
        // Closing an HTTP/1.1 connection is the one way of ending a request that every engine understands.
        settings.httpVersion = .http1Only
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.connections
        settings.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: settings)
    }

    /// Closes the idle connections. An engine that does not answer when its TLS connection is closed is left behind after a second.
    package func shutdown() async {
        let promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)
        client.shutdown { _ in promise.succeed() }
        try? await promise.futureResult.get(within: .seconds(1))
    }

    package func generate(
        _ request: GenerationRequest, context: RequestContext, on shard: Shard
    ) throws -> OpenAISequence {
        guard !request.textSoFar.isEmpty else {
            return OpenAISequence(call: try call(request, context, shard), beginning: .first)
        }
        var whole = request
        whole.textSoFar = ""
        whole.tokensSoFar = 0
        switch configuration.continuation {
        case .restart: return OpenAISequence(call: try call(whole, context, shard), beginning: .anew)
        case .prefix:
            let body = try OpenAIRequest(request, model: configuration.model)
            guard !body.isSpent else { return OpenAISequence(call: nil, beginning: .spent) }
            return OpenAISequence(
                call: try call(body, context, shard),
                beginning: .behind(tokens: request.tokensSoFar) { [whole] in try call(whole, context, shard) })
        }
    }

    private func call(_ request: GenerationRequest, _ context: RequestContext, _ shard: Shard) throws -> OpenAICall {
        try call(try OpenAIRequest(request, model: configuration.model), context, shard)
    }

    private func call(_ request: OpenAIRequest, _ context: RequestContext, _ shard: Shard) throws -> OpenAICall {
        var headers = HTTPHeaders([("content-type", "application/json"), ("accept", "text/event-stream")])
        if let key = configuration.key { headers.add(name: "authorization", value: "Bearer \(key)") }
        let response = OpenAIResponse(configuration: configuration, eventLoop: shard.eventLoop)
        let task = client.execute(
            request: try HTTPClient.Request(
                url: configuration.endpoint, method: .POST, headers: headers, body: .bytes(try request.encoded())),
            delegate: response, eventLoop: .delegateAndChannel(on: shard.eventLoop))
        return OpenAICall(task: task, response: response, context: context)
    }
}
