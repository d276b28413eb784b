import Foundation

/// libFuzzer, in a program that is built with it (`scripts/fuzz.sh`): it keeps inputs that reach code that no other did, and goes on from them.
enum CoverageGuided {
    /// What `PENSTOCK_FUZZ_COVERAGE` says: the arguments of libFuzzer, separated by line breaks. Nil: it is not asked for.
    static let arguments = ProcessInfo.processInfo.environment["PENSTOCK_FUZZ_COVERAGE"]?.split(separator: "\n").map(
        String.init)

    private typealias Callback = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
    private typealias Driver =
        @convention(c) (
            UnsafeMutablePointer<CInt>, UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
            Callback
        ) -> CInt

    /// What the callback, which can hold nothing, tries. Set once, before the first call.
    nonisolated(unsafe) private static var check: @Sendable ([UInt8]) throws -> Void = { _ in }

    /// Hands over to libFuzzer, which ends the process when it is done, or has found something.
    static func run(_ target: FuzzTarget, _ arguments: [String]) throws {
        guard let symbol = dlsym(nil, "LLVMFuzzerRunDriver") else {
            throw Violation("this program is not built with libFuzzer: see scripts/fuzz.sh")
        }
        let driver = unsafeBitCast(symbol, to: Driver.self)
        if let seeds = ProcessInfo.processInfo.environment["PENSTOCK_FUZZ_SEEDS"] {
            try writeSeeds(of: target, to: URL(filePath: seeds))
        }
        check = target.check
        var count = CInt(arguments.count + 1)
        let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: arguments.count + 2)
        for (index, text) in ([CommandLine.arguments[0]] + arguments).enumerated() { list[index] = strdup(text) }
        list[arguments.count + 1] = nil
        var pointer = list
        _ = driver(&count, &pointer) { bytes, count in
            do {
                try CoverageGuided.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
            } catch {
                fatalError("\(error)")
            }
            return 0
        }
    }

    /// Writes inputs to begin with into `directory`: what is kept, and samples.
    private static func writeSeeds(of target: FuzzTarget, to directory: URL) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let kept = Corpus.inputs(of: target).map(\.bytes)
        let samples = (0..<200 as Range<UInt64>).map { number in
            var draw = Draw(seed: number)
            return target.sample(&draw)
        }
        for (number, bytes) in (kept + samples).enumerated() {
            try Data(bytes).write(to: directory.appending(path: "seed-\(number)"))
        }
    }
}
