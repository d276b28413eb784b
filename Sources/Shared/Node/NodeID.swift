/// The name of a running node: `worker-host7-4711-9f3c`, its role, host, process and four random digits, so that two
/// containers with the same host name and process number differ, and a restarted node is a new one.
package struct NodeID: Hashable, Sendable, CustomStringConvertible {
    /// What a node does.
    package enum Role: String, Sendable {
        /// Serves clients.
        case frontend
        /// Generates.
        case worker
        /// A command that somebody runs by hand.
        case client
    }

    package let role: Role
    package let description: String

    /// The id of this process.
    package init(role: Role) {
        self.init(
            role: role, host: ProcessInformation.hostName, process: ProcessInformation.processID,
            random: .random(in: 0...UInt16.max))
    }

    init(role: Role, host: String, process: Int, random: UInt16) {
        self.role = role
        let digits = String(random, radix: 16)
        let padded = String(repeating: "0", count: 4 - digits.count) + digits
        description = "\(role.rawValue)-\(Self.clean(host))-\(process)-\(padded)"
    }

    /// The first label of a host name, of letters, digits and dashes only: the id becomes part of Redis keys.
    private static func clean(_ host: String) -> String {
        let label = host.prefix { $0 != "." }.prefix(63)
        let text = String(label.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
        return text.isEmpty ? "host" : text
    }
}
