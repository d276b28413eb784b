import Foundation
import NIOCore
import NIOPosix
import Shared
import Synchronization
import TestSupport

/// The part **frame**: what a bare WebSocket frame, header and payload in one buffer, costs in processor time when NIO writes and flushes it.
///
/// A process of its own reads them, so that its time is not counted. What is counted is that of this process, so nothing else may be done
/// in it meanwhile.
struct FramePart: Sendable {
    enum Pace: Sendable, Hashable {
        /// Each connection gets a frame every so many milliseconds.
        case every(Double)
        /// Each gets the next one as soon as it takes it.
        case saturated
    }

    struct Result: Sendable {
        var framesPerSecond: Double
        var microsecondsPerFrame: Double
    }

    var connections = 1000
    var pace = Pace.every(20)
    /// Of a chunk event with one token and its time.
    var payloadBytes = 312
    var seconds = 3.0
    var warmUp = 0.5
    /// As many as a frontend has.
    var eventLoops = System.coreCount

    /// `directory` is for the output of the process that reads.
    func measure(in directory: URL) async throws -> Result {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: eventLoops)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await measure(in: directory, group)) } catch { result = .failure(error) }
        try? await group.shutdownGracefully()
        return try result.get()
    }

    private func measure(in directory: URL, _ group: MultiThreadedEventLoopGroup) async throws -> Result {
        _ = MachineFigures.allowFiles(connections + 256)
        var writers: [ObjectIdentifier: FrameWriter] = [:]
        for loop in group.makeIterator() {
            writers[ObjectIdentifier(loop)] = FrameWriter(payloadBytes: payloadBytes, pace: pace, on: loop)
        }
        let all = writers
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try all[ObjectIdentifier(channel.eventLoop)]?.add(channel)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = server.localAddress?.port else { throw BarsFailure("no port") }
        let reader = try LabProcess(
            "frames-\(port)", URL(filePath: CommandLine.arguments[0]).ownExecutable,
            ["parts", "drain", "--port", "\(port)", "--connections", "\(connections)"], in: directory)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await measure(Array(writers.values))) } catch { result = .failure(error) }
        await reader.end()
        try? await server.close()
        return try result.get()
    }

    private func measure(_ writers: [FrameWriter]) async throws -> Result {
        try await eventually("all connections of the frames are there", within: .seconds(30)) {
            var count = 0
            for writer in writers { count += try await writer.count.get() }
            return count == connections
        }
        for writer in writers { try await writer.start().get() }
        try await Task.sleep(for: .seconds(warmUp))
        let start = (NIODeadline.now(), ProcessFigures.ownProcessorSeconds(), try await frames(writers))
        try await Task.sleep(for: .seconds(seconds))
        let end = (NIODeadline.now(), ProcessFigures.ownProcessorSeconds(), try await frames(writers))
        for writer in writers { try await writer.stop().get() }
        let frames = Double(end.2 - start.2)
        guard frames > 0 else { throw BarsFailure("no frame was written") }
        return Result(
            framesPerSecond: frames / (Double((end.0 - start.0).nanoseconds) / 1e9),
            microsecondsPerFrame: (end.1 - start.1) * 1e6 / frames)
    }

    private func frames(_ writers: [FrameWriter]) async throws -> Int {
        var sum = 0
        for writer in writers { sum += try await writer.frames.get() }
        return sum
    }
}

extension URL {
    /// The file of the program that runs.
    fileprivate var ownExecutable: URL {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")).map { URL(filePath: $0) } ?? self
    }
}
