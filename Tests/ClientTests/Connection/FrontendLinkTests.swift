import NIOCore
import NIOWebSocket
import Shared
import Synchronization
import Testing

@testable import Client
@testable import FrontendClient

@Suite(.timeLimit(.minutes(1))) struct FrontendLinkTests {
    @Test func connectsAgainUntilItIsForbidden() async throws {
        let frontend = try await FrontendDouble { connection, happening in
            guard case .opened = happening else { return }
            connection.send(.ready)
            switch connection.number {
            case 0: connection.close(1001, "drain")
            case 1: connection.channel.close(promise: nil)
            default: connection.close(1008, "no")
            }
        }
        let link = FrontendLink(frontend.url, options: .patient)
        var told: [String] = []
        await link.run { event in
            switch event {
            case .connected: told.append("connected")
            case .received: break
            case .lost: told.append("lost")
            case .gaveUp: told.append("gave up")
            }
        }
        #expect(told == ["connected", "lost", "connected", "lost", "connected", "gave up"])
        await frontend.close()
    }

    @Test func givesUpAtOnceWhereThereIsNobody() async throws {
        let link = FrontendLink(try FrontendURL("ws://127.0.0.1:1/ws"))
        var gaveUp = 0
        await link.run { event in if case .gaveUp = event { gaveUp += 1 } }
        #expect(gaveUp == 1)
    }

    @Test func saysGoodbyeWhenCancelled() async throws {
        let code = Mutex<UInt16?>(nil)
        let opened = Latch()
        let frontend = try await FrontendDouble { connection, happening in
            switch happening {
            case .opened: opened.open()
            case .frame(.connectionClose, let data):
                code.withLock { $0 = data.getInteger(at: data.readerIndex) }
                connection.send(.connectionClose, data)
            case .event, .frame, .closed: break
            }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await FrontendLink(frontend.url, options: .patient).run { _ in } }
            await opened.wait()
            group.cancelAll()
        }
        #expect(code.withLock { $0 } == 1000)
        await frontend.close()
    }
}
