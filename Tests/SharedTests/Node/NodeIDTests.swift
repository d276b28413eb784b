import Testing

@testable import Shared

@Suite struct NodeIDTests {
    @Test func namesRoleHostProcessAndChance() {
        #expect(
            NodeID(role: .worker, host: "host7.example.org", process: 4711, random: 0x9f).description
                == "worker-host7-4711-009f")
    }

    @Test func hasNoCharacterThatAKeyMayNotHave() {
        #expect(NodeID(role: .frontend, host: "a{b} c", process: 1, random: 1).description == "frontend-a-b--c-1-0001")
        #expect(NodeID(role: .client, host: "", process: 1, random: 0).description == "client-host-1-0000")
    }

    @Test func isNewEachTime() {
        #expect(Set((0..<50).map { _ in NodeID(role: .worker) }).count > 40)
    }
}
