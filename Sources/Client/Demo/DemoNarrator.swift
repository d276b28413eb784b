/// What the demo prints: for people on standard output; with `-o json` on standard error, where only the report goes to
/// standard output.
struct DemoNarrator: Sendable {
    let format: OutputFormat
    let console: Console

    /// What a part did: `client: stopGenerating()`.
    func say(_ part: String, _ text: String) { put("\(part): \(text)") }

    /// A line of the log of a process that the demo started: `[backend] …`.
    func relay(_ part: String, _ line: String) { put("[\(part)] \(line)") }

    private func put(_ line: String) {
        switch format {
        case .text: console.line(line)
        case .json: console.note(line)
        }
    }
}
