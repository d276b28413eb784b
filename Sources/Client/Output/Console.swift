import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Standard output and standard error, written whole line by whole line: lines of different tasks never mix.
///
/// Answers and JSON go to standard output, what is said about them to standard error. Text from elsewhere is cleaned of
/// control characters where a terminal shows it.
final class Console: Sendable {
    static let standard = Console()

    /// Whether standard output is a terminal.
    let isTerminal = isatty(STDOUT_FILENO) == 1
    /// Whether lines are typed by a person.
    let isInteractive = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
    /// Whether the cursor of standard output stands at the beginning of a line.
    private let atLineStart = Mutex(true)

    /// Text of an answer, as it comes.
    func write(_ text: String) {
        guard !text.isEmpty else { return }
        atLineStart.withLock { atLineStart in
            put(isTerminal ? Self.clean(text) : text, to: STDOUT_FILENO)
            atLineStart = text.last == "\n"
        }
    }

    /// A line on standard output, on a line of its own.
    func line(_ text: String) {
        atLineStart.withLock { atLineStart in
            put((atLineStart ? "" : "\n") + (isTerminal ? Self.clean(text) : text) + "\n", to: STDOUT_FILENO)
            atLineStart = true
        }
    }

    /// Ends the present line of standard output, if it has begun.
    func endLine() {
        atLineStart.withLock { atLineStart in
            if !atLineStart { put("\n", to: STDOUT_FILENO) }
            atLineStart = true
        }
    }

    /// A person ended a line with the return key, which the terminal showed.
    func lineWasTyped() { atLineStart.withLock { $0 = true } }

    /// A line on standard error.
    func note(_ text: String) {
        atLineStart.withLock { atLineStart in
            if isTerminal, !atLineStart {
                put("\n", to: STDOUT_FILENO)
                atLineStart = true
            }
            put(Self.clean(text) + "\n", to: STDERR_FILENO)
        }
    }

    /// The text without the control characters that could move a terminal's cursor or change its colours.
    static func clean(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHarmful) else { return text }
        var cleaned = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { cleaned.append(isHarmful(scalar) ? "\u{FFFD}" : scalar) }
        return String(cleaned)
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: false
        case 0..<0x20, 0x7F..<0xA0: true
        default: false
        }
    }

    /// Writes everything, or nothing more where the reader has gone.
    private func put(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = writeOnce(descriptor, rest)
                if written < 0 {
                    guard errno == EINTR || errno == EAGAIN else { return }
                    continue
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
        }
    }

    private func writeOnce(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
        Musl.write(descriptor, bytes.baseAddress, bytes.count)
        #else
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}
