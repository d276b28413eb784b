import AsyncHTTPClient
import Foundation
import FrontendClient
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL
import Shared

/// The HTTP calls that a frontend has beside its WebSocket.
struct FrontendHTTP: Sendable {
    private let client: HTTPClient
    private let url: FrontendURL
    private let token: String?

    /// Answers longer than this are not taken.
    private static let maximumBytes = 20 << 20

    /// Runs `body` with a client, and closes it afterwards.
    static func with<Value: Sendable>(
        _ settings: ClientSettings, _ body: (FrontendHTTP) async throws -> Value
    ) async throws -> Value {
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(5), read: .seconds(10)))
        if let file = settings.caFile {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(file)
            configuration.tlsConfiguration = tls
        }
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(FrontendHTTP(client: client, url: settings.url, token: settings.token)))
        } catch {
            result = .failure(error)
        }
        try? await client.shutdown()
        return try result.get()
    }

    /// A message, or nil where there is none that this client may read.
    func message(_ id: MessageID) async throws -> MessageRecord? {
        let (status, body) = try await call("GET", "/messages/\(id)", nil)
        switch status {
        case 200: return try JSONDecoder().decode(MessageRecord.self, from: body)
        case 404: return nil
        default: throw refusal(status, body)
        }
    }

    /// Stops the request that writes a message, and waits up to `wait` for its ending. Nil where there is no such request.
    func stop(_ request: RequestID, mode: StopIntent.Mode, reason: String?, wait: Duration) async throws -> SettledStop?
    {
        let asked = try JSONEncoder().encode(StopBody(mode: mode, reason: reason))
        let (status, body) = try await call("POST", "/messages/\(request)/stop", asked)
        switch status {
        case 200, 202: break
        case 404: return nil
        default: throw refusal(status, body)
        }
        var result = SettledStop(
            requestID: request, outcome: (try? JSONDecoder().decode(StopAnswer.self, from: body))?.outcome,
            isSettled: status == 200)
        let deadline = ContinuousClock.now + wait
        while true {
            let message = try await message(request.message)
            if message?.finishReason != nil {
                result.isSettled = true
                result.message = message
                result.state = message?.state
                return result
            }
            guard ContinuousClock.now < deadline else { return result }
            // HTTP has nothing that tells of the ending, so it is asked for.
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private struct StopBody: Encodable {
        var mode: StopIntent.Mode
        var reason: String?
    }

    private struct StopAnswer: Decodable {
        var outcome: StopOutcome?
    }

    private func call(_ method: String, _ path: String, _ body: Data?) async throws -> (status: UInt, body: Data) {
        var request = HTTPClientRequest(url: url.httpBase + path)
        request.method = .init(rawValue: method)
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(data: body))
        }
        do {
            let response = try await client.execute(request, timeout: .seconds(10))
            return (response.status.code, Data(buffer: try await response.body.collect(upTo: Self.maximumBytes)))
        } catch {
            throw FrontendError(.unreachable, "\(url.httpBase) cannot be reached", underlying: error)
        }
    }

    private func refusal(_ status: UInt, _ body: Data) -> FrontendError {
        let said = String(decoding: body.prefix(500), as: UTF8.self)
        return FrontendError(.refused, "\(url.httpBase) answered \(status): \(said)", status: Int(status))
    }
}
