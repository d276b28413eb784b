import Foundation

/// What a process that tries inputs leaves behind, also when it dies: the input that it was trying, in a file that it has mapped.
final class FuzzRecord {
    private static let maximumBytes = 1 << 20
    private static let headerBytes = 16

    private let memory: UnsafeMutableRawPointer

    /// Nil where the file cannot be made or mapped.
    init?(writing file: URL) {
        let descriptor = open(file.path, O_RDWR | O_CREAT, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = Self.headerBytes + Self.maximumBytes
        guard ftruncate(descriptor, off_t(size)) == 0,
            let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else { return nil }
        self.memory = memory
    }

    deinit { munmap(memory, Self.headerBytes + Self.maximumBytes) }

    /// How many inputs were tried.
    private(set) var trials: UInt64 {
        get { memory.load(as: UInt64.self) }
        set { memory.storeBytes(of: newValue, as: UInt64.self) }
    }

    /// `input` is tried next.
    func begin(_ input: [UInt8]) {
        let count = min(input.count, Self.maximumBytes)
        memory.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
        input.withUnsafeBytes {
            memory.advanced(by: Self.headerBytes).copyMemory(
                from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: count)
        }
        memory.storeBytes(of: UInt64(count), toByteOffset: 8, as: UInt64.self)
        trials += 1
    }

    /// What a process left: how many inputs it tried, and the last one.
    static func read(_ file: URL) -> (trials: UInt64, input: [UInt8])? {
        guard let data = try? Data(contentsOf: file), data.count > headerBytes else { return nil }
        let (trials, count) = data.withUnsafeBytes {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        return (trials, Array(data.dropFirst(headerBytes).prefix(Int(count))))
    }
}
