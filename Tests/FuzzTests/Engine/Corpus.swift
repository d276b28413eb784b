import Foundation

/// The inputs that are kept: seeds, and every input that once failed.
///
/// A file in `Corpus/<target>/` is one input, byte for byte.
enum Corpus {
    static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Corpus")

    /// The inputs of a target, by their names.
    static func inputs(of target: FuzzTarget) -> [(name: String, bytes: [UInt8])] {
        let folder = directory.appending(path: target.name)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().compactMap { name in
            (try? Data(contentsOf: folder.appending(path: name))).map { (name, Array($0)) }
        }
    }

    /// A command that keeps `input`.
    static func command(keeping input: [UInt8], for target: FuzzTarget) -> String {
        let name = String(input.reduce(5381 as UInt64) { $0 &* 33 &+ UInt64($1) }, radix: 16)
        let folder = "Tests/FuzzTests/Corpus/\(target.name)"
        return "mkdir -p \(folder) && base64 -d >\(folder)/\(name) <<<'\(Data(input).base64EncodedString())'"
    }
}
