package import ArgumentParser
import Foundation
import NIOCore
import NIOPosix

/// `penstock-bench parts …`: what the raw parts can do, each by itself.
package struct PartsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "parts",
        abstract: "Measure a raw part: what Redis, a hop through it, or a WebSocket frame costs without Penstock.",
        subcommands: [Pair.self, Hop.self, Stop.self, FirstChunk.self, Frame.self, Drain.self])

    package init() {}

    struct Pair: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "XADD + PUBLISH of a token, as a worker writes it, pipelined on one blocking connection.")

        @Option(help: "The Redis.") var redisUrl = "redis://127.0.0.1:6379"
        @Option(help: "Streams, written round robin.") var streams = 64
        @Option(help: "Pairs to a write; two batches are under way.") var batch = 64
        @Option(help: "Seconds.") var seconds = 3.0

        func validate() throws {
            guard streams > 0, batch > 0, seconds > 0 else { throw ValidationError("numbers must be above 0") }
        }

        func run() async throws {
            let part = PairPart(
                redis: try RedisDoor(url: redisUrl), streams: streams, batch: batch, seconds: seconds)
            let result = try await part.measure()
            let cost =
                result.redisMicrosecondsPerPair.map { "\($0.decimal(2)) µs of Redis each" } ?? "Redis is elsewhere"
            print("pair: \(result.pairsPerSecond.decimal(0)) a second, \(cost)")
        }
    }

    struct Hop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "PUBLISH until SUBSCRIBE has it, between blocking connections; may run beside a load.")

        @Option(help: "The Redis.") var redisUrl = "redis://127.0.0.1:6379"
        @Option(help: "Hops in a row: 1, or 2 through a relay thread; 0: both, one after the other.") var hops = 0
        @Option(help: "Milliseconds between two messages.") var interval = 10.0
        @Option(help: "Seconds, of each.") var seconds = 5.0

        func validate() throws {
            guard 0...2 ~= hops, interval >= 0, seconds > 0 else { throw ValidationError("--hops is 0, 1 or 2") }
        }

        func run() async throws {
            let redis = try RedisDoor(url: redisUrl)
            for hops in hops == 0 ? [1, 2] : [hops] {
                let part = HopPart(redis: redis, hops: hops, interval: interval, seconds: seconds)
                print("\(hops == 1 ? "hop" : "two hops"): \(PartsCommand.text(try await part.measure()))")
            }
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The script that records a stop, until the worker's connection has its signal, and nothing else.")

        @OptionGroup var options: PacedOptions

        func run() async throws {
            let part = StopPart(
                redis: try RedisDoor(url: options.redisUrl), interval: options.interval, seconds: options.seconds)
            print("stop: \(PartsCommand.text(try await part.measure()))")
        }
    }

    struct FirstChunk: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is said to Redis from a request until its first token, and nothing else.")

        @OptionGroup var options: PacedOptions

        func run() async throws {
            let part = FirstChunkPart(
                redis: try RedisDoor(url: options.redisUrl), interval: options.interval, seconds: options.seconds)
            print("first chunk: \(PartsCommand.text(try await part.measure()))")
        }
    }

    struct PacedOptions: ParsableArguments {
        @Option(help: "The Redis.") var redisUrl = "redis://127.0.0.1:6379"
        @Option(help: "Milliseconds between two.") var interval = 10.0
        @Option(help: "Seconds.") var seconds = 5.0

        func validate() throws {
            guard interval >= 0, seconds > 0 else { throw ValidationError("numbers must be above 0") }
        }
    }

    private static func text(_ times: Percentiles) -> String {
        "p50 \(times(50).decimal(0)), p90 \(times(90).decimal(0)), p99 \(times(99).decimal(0)) µs of \(times.count)"
    }

    struct Frame: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A WebSocket frame written and flushed by NIO: processor time each.")

        @Option(help: "Connections.") var connections: Int?
        @Option(help: "Milliseconds between two frames of a connection.") var interval = 20.0
        @Flag(help: "As fast as the connections take them (64 connections unless said otherwise).") var saturated =
            false
        @Option(help: "Bytes of the payload.") var payload = 312
        @Option(help: "Seconds.") var seconds = 5.0

        func validate() throws {
            guard connections ?? 1 > 0, interval > 0, payload > 0, seconds > 0 else {
                throw ValidationError("numbers must be above 0")
            }
        }

        func run() async throws {
            let part = FramePart(
                connections: connections ?? (saturated ? 64 : 1000), pace: saturated ? .saturated : .every(interval),
                payloadBytes: payload, seconds: seconds)
            let result = try await ScratchDirectory.with { try await part.measure(in: $0) }
            print(
                "frame: \(result.microsecondsPerFrame.decimal(2)) µs each, \(result.framesPerSecond.decimal(0)) a second "
                    + "on \(part.connections) connections")
        }
    }

    /// What reads the frames of `Frame`: a process of its own.
    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Read frames, for frame.", shouldDisplay: false)

        @Option var port: Int
        @Option var connections: Int

        func run() async throws {
            _ = MachineFigures.allowFiles(connections + 256)
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let bootstrap = ClientBootstrap(group: group)
                .channelOption(.maxMessagesPerRead, value: 1)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
            var closed: [EventLoopFuture<Void>] = []
            for _ in 0..<connections {
                closed.append(try await bootstrap.connect(host: "127.0.0.1", port: port).get().closeFuture)
            }
            for future in closed { try? await future.get() }
            try await group.shutdownGracefully()
        }
    }
}
