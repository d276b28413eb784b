import NIOCore
import Shared

/// Where a Redis is, and blocking connections to it. TCP and unix sockets; no TLS and no sentinels.
struct RedisDoor: Sendable {
    private let address: SocketAddress
    private let credentials: [String]

    init(url: String) throws {
        let configuration = try RedisConfiguration(url: url)
        guard configuration.tls == nil else { throw BarsFailure("the parts are measured without TLS") }
        switch configuration.address {
        case .tcp(let host, let port): address = try SocketAddress.makeAddressResolvingHost(host, port: port)
        case .unix(let path): address = try SocketAddress(unixDomainSocketPath: path)
        case .sentinel: throw BarsFailure("the parts are measured with one Redis, not with sentinels")
        }
        credentials = configuration.password.map { [configuration.username ?? "default", $0] } ?? []
    }

    /// A connection that Redis has let in.
    func connect() throws -> BlockingSocket {
        let socket = try BlockingSocket(address)
        if !credentials.isEmpty {
            try socket.send(RESP.command(["AUTH"] + credentials))
            try socket.expect(Array("+OK\r\n".utf8))
        }
        return socket
    }

    /// What one command answers: the text of a bulk string, or the line of anything else. For what is done beside a measurement.
    func call(_ words: String...) throws -> String {
        let socket = try connect()
        try socket.send(RESP.command(words))
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try socket.receive(into: $0) }
            guard count > 0 else { throw BarsFailure("Redis closed the connection") }
            answer += buffer[..<count]
            if let text = try RESP.simpleAnswer(answer) { return text }
        }
    }

    /// The number of the server's process, where it runs on this host; nil where it does not or does not tell.
    func processID() throws -> Int32? {
        let line = try call("INFO", "server").split(separator: "\r\n").first { $0.hasPrefix("process_id:") }
        guard let id = line.flatMap({ Int32($0.dropFirst("process_id:".count)) }),
            let name = ProcessFigures.name(of: id), name.hasPrefix("redis") || name.hasPrefix("valkey")
        else { return nil }
        return id
    }

    /// Its version, as it tells it.
    func version() throws -> String {
        let line = try call("INFO", "server").split(separator: "\r\n").first { $0.hasPrefix("redis_version:") }
        return line.map { String($0.dropFirst("redis_version:".count)) } ?? "unknown"
    }
}
