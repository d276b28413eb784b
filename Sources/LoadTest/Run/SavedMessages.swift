import AsyncHTTPClient
import Foundation
import FrontendClient
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOSSL
import Shared

/// Compares what is saved with what was received, over `GET /messages/{id}`.
struct SavedMessages {
    /// Messages asked for at a time.
    private static let parallel = 8
    private static let maximumBytes = 512 << 20

    let plan: LoadPlan
    let client: HTTPClient

    /// Checks the sample; what differs is in the log.
    static func check(_ sample: [SavedSample.Received], plan: LoadPlan) async throws -> ViolationLog {
        guard !sample.isEmpty else { return ViolationLog() }
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(5), read: .seconds(30)))
        if let file = plan.caFile {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(file)
            configuration.tlsConfiguration = tls
        }
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let log = await SavedMessages(plan: plan, client: client).check(sample)
        try? await client.shutdown()
        return log
    }

    private func check(_ sample: [SavedSample.Received]) async -> ViolationLog {
        await withTaskGroup(of: (SavedSample.Received, String?).self) { group in
            var log = ViolationLog()
            var rest = sample.makeIterator()
            func start() {
                guard let received = rest.next() else { return }
                group.addTask { (received, await fault(of: received)) }
            }
            for _ in 0..<Self.parallel { start() }
            for await (received, fault) in group {
                if let fault {
                    log.note(
                        fault.hasPrefix("not ended") ? .endingMissing : .savedDiffers, received.request.text, fault)
                }
                start()
            }
            return log
        }
    }

    /// What is wrong with the saved message, or nil.
    private func fault(of received: SavedSample.Received) async -> String? {
        let deadline = ContinuousClock.now + plan.settleTimeout
        do {
            while true {
                guard let saved = try await message(received.request, at: plan.urls[received.url]) else {
                    return "no message is saved"
                }
                // Its client went away, or has not heard the ending: it may take a while.
                if saved.finishReason == nil, saved.error == nil, ContinuousClock.now < deadline {
                    try await Task.sleep(for: .milliseconds(100))
                    continue
                }
                return Self.difference(received, saved)
            }
        } catch {
            return "the saved message cannot be read: \(error)"
        }
    }

    /// What of `saved` is not what was received. An answer whose client went away may have gone on.
    static func difference(_ received: SavedSample.Received, _ saved: MessageRecord) -> String? {
        let text = saved.content.utf8
        guard saved.finishReason != nil || saved.error != nil else { return "not ended, though nobody watches" }
        guard received.isAbandoned ? text.count >= received.bytes : text.count == received.bytes else {
            return "\(text.count) bytes are saved, \(received.bytes) came"
        }
        guard AnswerText.hash(of: text.prefix(received.bytes)) == received.hash else {
            return "the saved text is another than what came"
        }
        return nil
    }

    private func message(_ request: RequestID, at url: FrontendURL) async throws -> MessageRecord? {
        var call = HTTPClientRequest(url: "\(url.httpBase)/messages/\(request)")
        if let token = plan.token { call.headers.add(name: "Authorization", value: "Bearer \(token)") }
        let response = try await client.execute(call, timeout: .seconds(60))
        let body = try await response.body.collect(upTo: Self.maximumBytes)
        switch response.status.code {
        case 200: return try JSONDecoder().decode(MessageRecord.self, from: Data(buffer: body))
        case 404: return nil
        case let status: throw LoadFailure(description: "answered \(status)")
        }
    }
}
