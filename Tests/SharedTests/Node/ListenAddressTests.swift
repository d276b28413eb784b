import Testing

@testable import Shared

@Suite struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8080", ListenAddress.tcp(host: "127.0.0.1", port: 8080)),
        ("[::1]:8080", .tcp(host: "::1", port: 8080)),
        (":8080", .tcp(host: "0.0.0.0", port: 8080)),
        ("localhost:0", .tcp(host: "localhost", port: 0)),
        ("unix:/run/penstock.sock", .unix(path: "/run/penstock.sock")),
    ])
    func reads(text: String, address: ListenAddress) throws {
        #expect(try ListenAddress(parsing: text) == address)
        #expect(try ListenAddress(parsing: address.description) == address)
        #expect(ListenAddress(argument: text) == address)
    }

    @Test(arguments: [
        ("8080", "must be host:port"), ("localhost:", "port must be a number"),
        ("localhost:+80", "port must be a number"),
        ("localhost:65536", "between 0 and 65535"), ("::1:8080", "brackets"), ("[]:80", "brackets"),
        ("[::1:80", "brackets"), ("[host]:80", "brackets"), ("[ ]:0", "brackets"),
        ("http://localhost:80", "brackets"), ("unix:relative", "absolute"), ("unix:/", "absolute"), ("", "host:port"),
        ("local host:80", "without a scheme"), ("unix:/" + String(repeating: "a", count: 107), "at most 107 bytes"),
    ])
    func refuses(text: String, because reason: String) {
        let error = #expect(throws: ListenAddress.ParseError.self) { try ListenAddress(parsing: text) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        #expect(ListenAddress(argument: text) == nil)
    }

    @Test func knowsLoopback() throws {
        for text in ["127.0.0.1:1", "127.8.0.1:1", "[::1]:1", "localhost:1", "unix:/a"] {
            #expect(try ListenAddress(parsing: text).isLoopback)
        }
        for text in [":1", "0.0.0.0:1", "10.0.0.1:1", "[::]:1", "127.example.com:1", "example.com:1"] {
            #expect(try !ListenAddress(parsing: text).isLoopback)
        }
    }
}
