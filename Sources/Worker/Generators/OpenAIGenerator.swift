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
        let body = try OpenAIRequest(request, model: configuration.model).encoded()
        var headers = HTTPHeaders([("content-type", "application/json"), ("accept", "text/event-stream")])
        if let key = configuration.key { headers.add(name: "authorization", value: "Bearer \(key)") }
        let response = OpenAIResponse(configuration: configuration, eventLoop: shard.eventLoop)
        let call = client.execute(
            request: try HTTPClient.Request(
                url: configuration.endpoint, method: .POST, headers: headers, body: .bytes(body)),
            delegate: response, eventLoop: .delegateAndChannel(on: shard.eventLoop))
        return OpenAISequence(call: OpenAICall(task: call, response: response, context: context))
    }
}

/// The answer to one request. One iterator only.
package struct OpenAISequence: AsyncSequence {
    package typealias Element = GenerationStep
    package typealias Failure = any Error

    let call: OpenAICall

    package func makeAsyncIterator() -> Iterator { Iterator(call: call) }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let call: OpenAICall

        package mutating func next() async throws -> GenerationStep? { try await call.pipe.next() }
    }
}

/// A request under way. It is ended when the context is stopped, when the task that reads is cancelled, and when it is dropped.
final class OpenAICall: Sendable {
    let pipe: TokenPipe
    private let task: HTTPClient.Task<Void>
    private let observation: RequestContext.Observation

    fileprivate init(task: HTTPClient.Task<Void>, response: OpenAIResponse, context: RequestContext) {
        self.task = task
        pipe = response.pipe
        observation = context.whenStopped { [pipe = response.pipe] in pipe.abandon() }
        pipe.whenAbandoned { task.cancel() }
    }

    deinit {
        observation.cancel()
        pipe.abandon()
    }
}
