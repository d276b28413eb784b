private import AsyncHTTPClient
package import Foundation
private import NIOCore
private import NIOFoundationCompat
package import NIOHTTP1

/// A server that tests ask over HTTP.
package struct HTTPTarget: Sendable {
    package struct Answer: Sendable {
        package var status: UInt
        package var body: Data

        package var text: String { String(decoding: body, as: UTF8.self) }

        package func decode<Value: Decodable>(_: Value.Type = Value.self) throws -> Value {
            try JSONDecoder().decode(Value.self, from: body)
        }
    }

    private let base: String

    package init(_ base: String) { self.base = base }

    package init(unixSocket path: String) {
        base = "http+unix://" + (path.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? path)
    }

    package func call(_ method: HTTPMethod, _ path: String, json: String? = nil, token: String? = nil) async throws
        -> Answer
    {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 16 << 20)
        return Answer(status: response.status.code, body: Data(buffer: body))
    }

    /// Whether `/readyz` says so; false where nobody answers.
    package func isReady() async throws -> Bool {
        do {
            return try await call(.GET, "/readyz").status == 200
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            return false
        }
    }
}
