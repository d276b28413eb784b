package import Shared

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#else
private import Darwin
#endif

/// A file in which a worker writes down what its generators do, for whoever checks afterwards that nothing was said that must not be.
///
/// One JSON object a line, each written at once and whole by a single append: what was written outlives a `kill -9`, and several
/// workers may share a file. Writing blocks the event loop for as long as the file system takes; a line that cannot be
/// written is dropped. For tests, not for production.
///
/// | `event` | of an attempt | members |
/// |---|---|---|
/// | `started` | it was claimed | `tokens`: those that earlier attempts said |
/// | `token` | the generator said something that counts | `index`: its place in the answer, from 0; `text` |
/// | `restart` | what was said before is void | |
/// | `stop` | a stop was heard: no token follows | `mode`: `stop`, `kill`, or `sealed` where only the log told of it |
/// | `expired` | the time of the request is over: no token follows | |
/// | `lost` | the claim is lost | |
/// | `ended` | the generator has ended | `result`; `tokens`: those said in all |
/// | `left` | the job has left the worker | `state` |
///
/// Each has `at` (microseconds since 1970), `worker`, `request` and `attempt`, too.
package final class GenerationJournal: Sendable {
    private let descriptor: Int32

    /// Opens the file, or makes it. Throws where that cannot be.
    package init(path: String) throws(SettingsError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw SettingsError(
                key: "journal", message: "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// The pages of one attempt.
    package func attempt(_ attempt: UInt64, of request: RequestID, by worker: String) -> AttemptJournal {
        AttemptJournal(journal: self, worker: worker, request: request, attempt: attempt)
    }

    fileprivate func write(_ line: String) {
        var line = line
        line.withUTF8 { bytes in
            while systemWrite(descriptor, bytes.baseAddress!, bytes.count) < 0, errno == EINTR {}
        }
    }
}

/// What one attempt writes into the journal of its worker.
package struct AttemptJournal: Sendable {
    fileprivate let journal: GenerationJournal
    fileprivate let worker: String
    fileprivate let request: RequestID
    fileprivate let attempt: UInt64

    package func started(tokens: Int) { write("started", "\"tokens\":\(tokens)") }

    package func said(_ text: String, index: Int) {
        write("token", "\"index\":\(index),\"text\":\(Self.quoted(text))")
    }

    package func restarted() { write("restart") }

    /// `mode` is nil where only the log told of the stop.
    package func stopHeard(_ mode: StopIntent.Mode?) { write("stop", "\"mode\":\"\(mode?.rawValue ?? "sealed")\"") }

    package func timeOver() { write("expired") }

    package func leaseLost() { write("lost") }

    package func generatorEnded(_ result: String, tokens: Int) {
        write("ended", "\"result\":\(Self.quoted(result)),\"tokens\":\(tokens)")
    }

    package func left(state: String) { write("left", "\"state\":\(Self.quoted(state))") }

    private func write(_ event: String, _ members: String? = nil) {
        journal.write(
            "{\"at\":\(Timestamp.now().microseconds),\"worker\":\(Self.quoted(worker)),\"request\":\"\(request)\","
                + "\"attempt\":\(attempt),\"event\":\"\(event)\"\(members.map { ",\($0)" } ?? "")}\n")
    }

    private static func quoted(_ text: String) -> String {
        var quoted = ""
        quoted.appendJSONString(text)
        return quoted
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
    #if canImport(Glibc)
    Glibc.write(descriptor, bytes, count)
    #elseif canImport(Musl)
    Musl.write(descriptor, bytes, count)
    #else
    Darwin.write(descriptor, bytes, count)
    #endif
}
