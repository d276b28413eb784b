import UnixSignals

/// Work that Ctrl-C and SIGTERM cancel, so that it ends what it has started; a second one ends everything at once.
enum Interruptible {
    static func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                for await _ in signals { return nil }
                return nil
            }
            group.addTask { try await body() }
            let first = try await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            try await group.waitForAll()
            throw CancellationError()
        }
    }
}
