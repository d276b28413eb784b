import UnixSignals

/// Ctrl-C (and, where asked, SIGTERM) as calls instead of the end of the process.
enum Interrupts {
    /// Runs `body`; calls `handler` at every Ctrl-C meanwhile.
    static func handling<Value: Sendable>(
        _ signals: [UnixSignal] = [.sigint], _ handler: @escaping @Sendable () -> Void,
        during body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let interrupts = await UnixSignalsSequence(trapping: signals)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                for await _ in interrupts { handler() }
                return nil
            }
            group.addTask { try await body() }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }
}
