import Shared
import Testing

@Suite struct RedisConfigurationTests {
    @Test func hasAHostAndDefaults() throws {
        let configuration = try RedisConfiguration(url: "redis://example.org")
        #expect(configuration == RedisConfiguration(address: .tcp(host: "example.org", port: 6379)))
    }

    @Test func readsEveryPart() throws {
        let configuration = try RedisConfiguration(
            url: "rediss://us%65r:p%40ss%3Aword@[::1]:6380/3?tls_ca_file=/etc/ca%20file.pem&client_name=penstock")
        #expect(configuration.address == .tcp(host: "::1", port: 6380))
        #expect(configuration.username == "user")
        #expect(configuration.password == "p@ss:word")
        #expect(configuration.database == 3)
        #expect(configuration.tls?.caFile == "/etc/ca file.pem")
        #expect(configuration.clientName == "penstock")
    }

    @Test func readsAUnixSocket() throws {
        let configuration = try RedisConfiguration(url: "redis+unix:///run/re%20dis.sock?db=2")
        #expect(configuration.address == .unix(path: "/run/re dis.sock"))
        #expect(configuration.database == 2)
        #expect(try RedisConfiguration(url: "redis+unix://:pw@/run/redis.sock").password == "pw")
    }

    @Test func aPasswordNeedsNoUser() throws {
        let configuration = try RedisConfiguration(url: "redis://:secret@h/")
        #expect(configuration.username == nil)
        #expect(configuration.password == "secret")
    }

    @Test(arguments: [
        ("localhost:6379", "no scheme"), ("http://h", "the scheme is not one of"), ("redis://", "the host is missing"),
        ("redis://h:0", "the port is not"), ("redis://h:port", "the port is not"),
        ("redis://h/x", "the database is not"),
        ("redis://h/-1", "the database is not"), ("redis://::1", "brackets"), ("redis://[::1", "without a ]"),
        ("redis://[::1]x", "follows the ]"), ("redis://u@h", "a user without a password"),
        ("redis://:%zz@h", "two hexadecimal"),
        ("redis://:%f@h", "two hexadecimal"), ("redis://:%ff@h", "not UTF-8"), ("redis://h?x=1", "is unknown"),
        ("redis://h?db", "has no value"), ("redis://h?tls_ca_file=f", "needs the scheme rediss"),
        ("redis-sentinel://h", "the name of the master"), ("redis-sentinel://h/", "the name of the master"),
        ("redis-sentinel://a,,b/m", "the host is missing"), ("redis-sentinel://a/m/x", "the database is not"),
        ("redis-sentinel://a/m/1/2", "something follows"),
        ("redis://h?sentinel_user=u", "needs the scheme redis-sentinel"),
        ("redis+unix://run/redis.sock", "three slashes"), ("redis+unix:///", "the path"), ("redis://h#1", "%23"),
    ])
    func namesWhatIsWrong(url: String, complaint: String) {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(complaint) == true, "\(error?.message ?? "")")
    }

    @Test func readsSentinels() throws {
        let configuration = try RedisConfiguration(
            url: "redis-sentinel://user:pw@s1:26380,s2,[::1]:5/my%20master/4?sentinel_user=su&sentinel_password=sp")
        #expect(
            configuration.address
                == .sentinel(
                    .init(
                        nodes: [
                            .init(host: "s1", port: 26380), .init(host: "s2", port: 26379), .init(host: "::1", port: 5),
                        ], master: "my master", username: "su", password: "sp")))
        #expect(configuration.username == "user")
        #expect(configuration.password == "pw")
        #expect(configuration.database == 4)
        #expect(configuration.tls == nil)
        #expect("\(configuration)" == "redis-sentinel://user:***@s1:26380,s2:26379,[::1]:5/my master/4")
        let plain = try RedisConfiguration(url: "rediss-sentinel://s/main?tls_ca_file=ca.pem")
        #expect(plain.tls?.caFile == "ca.pem")
        #expect(plain.database == 0)
    }

    @Test func neverShowsThePassword() throws {
        let configuration = try RedisConfiguration(url: "redis://user:hunter2@h/1")
        #expect("\(configuration)" == "redis://user:***@h:6379/1")
        #expect(!String(reflecting: [configuration]).contains("hunter2"))
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: "redis://:hunter2@h:x") }
        #expect(error.map { "\($0)".contains("hunter2") } == false)
    }

    @Test(arguments: [
        "redis://user:1/hunter2@h", "redis://user:1?hunter2@h", "redis://user:1?x=1&hunter2@h", "redis://h/hunter2",
        "redis-sentinel://user:1/hunter2@h/m", "redis-sentinel://h/m?sentinel_password=a&hunter2",
        "redis://:#hunter2@h",
        "redis://[hunter2@h", "redis+unix://:a/hunter2@/path",
    ])
    func repeatsNothingOfAPasswordThatIsNotEncoded(url: String) {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect(error.map { "\($0)".contains("hunter2") } == false)
    }
}
