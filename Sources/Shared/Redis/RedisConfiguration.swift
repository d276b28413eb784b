package import NIOCore

/// Where Redis is and how its clients behave.
///
/// Made from a URL by `init(url:)`; the other properties have defaults to be changed afterwards. Its description never shows
/// the password.
package struct RedisConfiguration: Sendable, Equatable {
    package enum Address: Sendable, Equatable {
        case tcp(host: String, port: Int)
        case unix(path: String)
        /// Whichever Redis the sentinels name as the master when a connection is made.
        case sentinel(Sentinel)
    }

    /// Who knows which Redis is the master.
    package struct Sentinel: Sendable, Equatable {
        package struct Node: Sendable, Equatable {
            package var host: String
            package var port: Int

            package init(host: String, port: Int) {
                self.host = host
                self.port = port
            }
        }

        /// At least one. They are asked in turn until one answers.
        package var nodes: [Node]
        /// The name by which they know the master.
        package var master: String
        /// What the sentinels themselves ask for, where they do.
        package var username: String?
        package var password: String?

        package init(nodes: [Node], master: String, username: String? = nil, password: String? = nil) {
            self.nodes = nodes
            self.master = master
            self.username = username
            self.password = password
        }
    }

    /// TLS with the server's certificate verified, its name included. There is no way to turn that off.
    package struct TLS: Sendable, Equatable {
        /// A PEM file of the authorities to trust instead of the system's.
        package var caFile: String?

        package init(caFile: String? = nil) {
            self.caFile = caFile
        }
    }

    package var address: Address
    package var username: String?
    package var password: String?
    /// The database to select. 0 is Redis's own default. Redis Cluster has only 0.
    package var database = 0
    package var tls: TLS?
    /// What `CLIENT LIST` shows. No spaces.
    package var clientName: String?

    /// How long making a connection may take, from the first packet to the last reply of the handshake.
    package var connectTimeout: TimeAmount = .seconds(5)
    /// How long a command may take, its wait for a connection included, when the call does not say otherwise.
    package var commandTimeout: TimeAmount = .seconds(5)
    /// The least and the most wait before a new connection is tried (full jitter).
    package var reconnectMinimum: TimeAmount = .milliseconds(10)
    package var reconnectMaximum: TimeAmount = .seconds(2)
    /// The bound on commands not answered, of one client. Beyond it: `queueFull`.
    package var maximumPendingCommands = 131_072
    /// The bound on the bytes of commands not answered, of one client. Beyond it: `queueFull`.
    package var maximumPendingBytes = 64 * 1024 * 1024
    /// The bound on channels of one subscriber. Beyond it: `tooManySubscriptions`.
    package var maximumChannels = 131_072
    /// How often a subscriber's connection is tried by a `PING`, and how long the answer may take.
    package var pingInterval: TimeAmount = .seconds(3)
    package var pingTimeout: TimeAmount = .seconds(2)

    package init(address: Address) {
        self.address = address
    }
}

extension RedisConfiguration: CustomStringConvertible {
    package var description: String {
        let scheme =
            switch address {
            case .tcp: tls == nil ? "redis://" : "rediss://"
            case .unix: "redis+unix://"
            case .sentinel: tls == nil ? "redis-sentinel://" : "rediss-sentinel://"
            }
        let user = username != nil || password != nil ? "\(username ?? ""):***@" : ""
        switch address {
        case .tcp(let host, let port): return "\(scheme)\(user)\(Self.text(host)):\(port)/\(database)"
        case .unix(let path): return "\(scheme)\(user)\(path)?db=\(database)"
        case .sentinel(let sentinel):
            let nodes = sentinel.nodes.map { "\(Self.text($0.host)):\($0.port)" }.joined(separator: ",")
            return "\(scheme)\(user)\(nodes)/\(sentinel.master)/\(database)"
        }
    }

    private static func text(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
}

extension RedisConfiguration: CustomDebugStringConvertible, CustomReflectable {
    package var debugDescription: String { description }
    /// Keeps the password out of `dump` and of string interpolation of what contains a configuration.
    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
