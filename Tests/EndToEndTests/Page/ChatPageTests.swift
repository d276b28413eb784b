import Client
import Foundation
import FrontendClient
import Shared
import TestSupport
import Testing

extension EndToEnd {
    @Suite("The chat page") struct ChatPageTests {
        @Test("stops an answer at the button, keeps its text, and shows it again when loaded anew")
        func stop() async throws {
            try await withPage { lab, frontend, page in
                try await page.set(count: 1000, interval: 20)
                try await page.say("Count for me.")
                try await page.chunks(3)
                try await page.until("Stop is offered", "!q('stop').hidden && q('send').hidden")
                try await page.click("stop")
                try await page.answerIs("cancelled")

                let answer = try #require(try await page.answers().last)
                #expect(answer.badge == "Stopped" && answer.stoppedBy.hasPrefix("by you"))
                #expect(answer.text.numbersCounted ?? 0 >= 3)
                #expect(answer.stopCommand == "redis-cli PUBLISH stop:\(answer.request) stop")
                let id = try #require(MessageID(answer.request))
                let saved = try await frontend.http.message(id)
                #expect(saved.content == answer.text && saved.finishReason == "cancelled")

                // In the same conversation it goes on, and an operator stops.
                try await page.set(count: 1000, interval: minute)
                try await page.say("Once more.")
                try await page.until(
                    "a second answer", "document.querySelectorAll('[data-testid=answer]').length === 2")
                try await page.chunks(1)
                let second = try #require(try await page.answers().last)
                #expect(try await lab.publishStop(try #require(RequestID(second.request))) >= 2)
                try await page.answerIs("cancelled")

                let before = try await page.answers()
                #expect(before.count == 2 && before[0] == answer && before[1].text == "0 ")
                #expect(before.allSatisfy { $0.lateChunks == "0" })
                try await page.reload()
                try await page.answerIs("cancelled")
                let after = try await page.answers()
                #expect(after.map(\.text) == before.map(\.text) && after.map(\.request) == before.map(\.request))
                #expect(after.map(\.badge) == ["Stopped", "Stopped"])
            }
        }

        @Test("lets two conversations stream at once; one is stopped, and one completes though loaded anew")
        func twoAtOnce() async throws {
            try await withPage { _, frontend, page in
                try await page.set(count: 1000, interval: minute)
                try await page.say("A slow one.")
                try await page.chunks(1)
                try await page.click("new-conversation")
                try await page.set(count: 200, interval: 10)
                try await page.say("A quick one.")
                try await page.chunks(3)
                #expect(try await page.conversations() == ["streaming", "streaming"])
                let quick = try #require(try await page.answers().last)

                try await page.reload()
                try await page.until(
                    "the quick one is there",
                    "[...document.querySelectorAll('[data-testid=answer]')].at(-1)?.dataset.requestId === '\(quick.request)'"
                )
                try await page.answerIs("completed")
                #expect(try await page.answers().last?.text == counted(200))
                #expect(try await frontend.http.message(try #require(MessageID(quick.request))).content == counted(200))

                try await page.openConversation(1)
                try await page.answerIs("streaming")
                try await page.click("stop")
                try await page.answerIs("cancelled")
                #expect(try await page.answers().map(\.text) == ["0 "])
            }
        }

        @Test("connects again by itself when its frontend was gone, and no number is missing")
        func reconnects() async throws {
            try await withPage { lab, frontend, page in
                try await page.set(count: 300, interval: 10)
                try await page.say("Count for me.")
                try await page.chunks(3)
                frontend.process.signal(SIGKILL)
                try await page.until("it is noticed", "q('connection-state').dataset.state !== 'ready'")
                _ = try await lab.frontend("--listen", "127.0.0.1:\(frontend.webSocket.port)")
                try await page.answerIs("completed")
                #expect(try await page.answers().map(\.text) == [counted(300)])
            }
        }

        @Test("shows who is before it while an answer waits")
        func waits() async throws {
            try await withPage(slots: 1) { _, _, page in
                try await page.set(count: 1000, interval: minute)
                try await page.say("The first.")
                try await page.chunks(1)
                for badge in ["Next in the queue", "1 ahead of you"] {
                    try await page.click("new-conversation")
                    try await page.say("Another.")
                    try await page.until(
                        badge,
                        "[...document.querySelectorAll('[data-testid=answer] [data-testid=badge]')].at(-1)?.textContent "
                            + "=== '\(badge)'")
                }
                try await page.openConversation(2)
                try await page.answerIs("streaming")
                try await page.click("stop")
                try await page.answerIs("cancelled")
                try await page.openConversation(1)
                try await page.answerIs("streaming")
                #expect(try await page.answers().map(\.badge) == ["Streaming"])
            }
        }

        private func withPage(
            slots: Int = 64, _ body: (PenstockLab, PenstockLab.Frontend, ChatPage) async throws -> Void
        ) async throws {
            try await PenstockLab.with { lab in
                async let browser = Chromium.start(in: lab)
                async let worker = lab.worker("--slots", "\(slots)")
                let frontend = try await lab.frontend()
                _ = try await worker
                let page = try await browser.open("\(frontend.page)")
                try await body(lab, frontend, page)
                // That a lost frontend cannot be reached is told there, too.
                let complaints = page.devTools.complaints.filter { !$0.contains("ERR_CONNECTION_REFUSED") }
                #expect(complaints.isEmpty)
                await page.devTools.close()
            }
        }
    }
}
