import Foundation
import NIOHTTP1
import TestSupport

/// A headless Chromium with a profile of its own, which goes with the lab.
struct Chromium {
    private struct Target: Decodable {
        var type: String
        var webSocketDebuggerUrl: String
    }

    private let process: LabProcess
    private let port: Int

    /// Starts `$CHROMIUM`, or `chromium` of the PATH. Throws, and so fails the test, where there is none.
    static func start(in lab: PenstockLab) async throws -> Chromium {
        let named = ProcessInfo.processInfo.environment["CHROMIUM"] ?? ""
        let program = try Programs.find(named.isEmpty ? "chromium" : named)
        let profile = lab.directory.appending(path: "profile")
        let process = try lab.start(
            "chromium", program,
            [
                "--headless=new", "--no-sandbox", "--remote-debugging-port=0", "--user-data-dir=\(profile.path)",
                "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--window-size=1280,860", "about:blank",
            ])
        let portFile = profile.appending(path: "DevToolsActivePort")
        var port: Int?
        try await eventually("Chromium listens", within: .seconds(60)) {
            guard process.isRunning else { throw LabFailure(description: "Chromium ended: \(process.output)") }
            port = (try? String(contentsOf: portFile, encoding: .utf8))?.split(separator: "\n").first.flatMap {
                Int($0)
            }
            return port != nil
        }
        return Chromium(process: process, port: port ?? 0)
    }

    /// Opens a page, in the one tab there is.
    func open(_ url: String) async throws -> ChatPage {
        let http = HTTPTarget("http://127.0.0.1:\(port)")
        var target: Target?
        try await eventually("Chromium has a tab", within: .seconds(60)) {
            target = try await http.call(.GET, "/json/list").decode([Target].self).first { $0.type == "page" }
            return target != nil
        }
        guard let path = URL(string: target?.webSocketDebuggerUrl ?? "")?.path else {
            throw LabFailure(description: "Chromium does not say where its tab is")
        }
        let page = ChatPage(try await DevToolsConnection(port: port, path: path))
        try await page.open(url)
        return page
    }

}
