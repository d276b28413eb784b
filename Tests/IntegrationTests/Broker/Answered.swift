import Shared

/// Repeats a call until Redis has answered it.
func answered<Value>(within limit: Duration = .seconds(20), _ body: () async throws -> Value) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        do {
            return try await body()
        } catch let error as BrokerError where error.code == .unavailable && ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
