import Foundation
import Shared
import TestSupport

/// The chat page in a browser: what a user does there, and what there is to see.
struct ChatPage: Sendable {
    /// What one answer shows.
    struct Answer: Decodable, Hashable, Sendable {
        var request: String
        var state: String
        var text: String
        var badge: String
        var stoppedBy: String
        var stopCommand: String
        var lateChunks: String
    }

    let devTools: DevToolsConnection

    init(_ devTools: DevToolsConnection) { self.devTools = devTools }

    private static let find = "const q = (t, e = document) => e.querySelector(`[data-testid=${t}]`); "

    func open(_ url: String) async throws {
        for domain in ["Page", "Runtime", "Log"] { try await devTools.call("\(domain).enable") }
        try await devTools.call("Emulation.setFocusEmulationEnabled", ["enabled": .bool(true)])
        try await devTools.call("Page.navigate", ["url": .string(url)])
        try await isReady()
    }

    func reload() async throws {
        try await run("globalThis.isOld = true")
        try await devTools.call("Page.reload")
        try await until("the page is new", "!globalThis.isOld")
        try await isReady()
    }

    private func isReady() async throws {
        try await until("the page is connected", "q('connection-state')?.dataset.state === 'ready'")
    }

    @discardableResult
    func run(_ script: String) async throws -> JSONValue {
        try await devTools.evaluate("(() => { \(Self.find)\(script) })()")
    }

    func value(_ expression: String) async throws -> JSONValue { try await run("return \(expression)") }

    /// Waits until the page shows what `expression` says. A page that is just being loaded is asked again.
    func until(_ what: String, _ expression: String) async throws {
        try await eventually(what, within: .seconds(30)) {
            do {
                return try await value(expression) == .bool(true)
            } catch let failure as DevToolsConnection.Failure where failure.isOfNavigation {
                return false
            }
        }
    }

    // MARK: What a user does

    func set(count: Int, interval: Int) async throws {
        try await run(
            "q('setting-count').value = \(count); q('setting-interval').value = \(interval); "
                + "q('settings').dispatchEvent(new Event('change'))")
    }

    func say(_ text: String) async throws {
        try await run(
            "q('composer').value = '\(text)'; q('composer').dispatchEvent(new Event('input', {bubbles: true})); "
                + "q('send').click()")
    }

    func click(_ name: String) async throws { try await run("q('\(name)').click()") }

    /// Shows the conversation at `index` of the list.
    func openConversation(_ index: Int) async throws {
        try await run("document.querySelectorAll('[data-testid=conversation-item]')[\(index)].click()")
    }

    // MARK: What there is to see

    private static let last = "[...document.querySelectorAll('[data-testid=answer]')].at(-1)"

    /// Waits until the last answer of the open conversation is in a state.
    func answerIs(_ state: String) async throws {
        try await until("\(state)", "\(Self.last)?.dataset.state === '\(state)'")
    }

    /// Waits until the last answer has so many chunks.
    func chunks(_ count: Int) async throws {
        try await until("\(count) chunks", "Number(\(Self.last)?.dataset.chunks) >= \(count)")
    }

    /// The answers of the open conversation.
    func answers() async throws -> [Answer] {
        let text = try await value(
            """
            JSON.stringify([...document.querySelectorAll('[data-testid=answer]')].map((e) => ({
                request: e.dataset.requestId, state: e.dataset.state, lateChunks: e.dataset.lateChunks ?? '',
                text: q('answer-text', e).textContent, badge: q('badge', e).textContent,
                stoppedBy: q('stopped-by', e).textContent, stopCommand: e.querySelector('[data-testid=copy-stop] code').textContent
            })))
            """)
        return try JSONDecoder().decode([Answer].self, from: Data((text.string ?? "").utf8))
    }

    /// The states of all conversations, the latest first.
    func conversations() async throws -> [String] {
        let text = try await value(
            "[...document.querySelectorAll('[data-testid=conversation-item]')].map((e) => e.dataset.state).join()")
        return (text.string ?? "").split(separator: ",").map(String.init)
    }
}
