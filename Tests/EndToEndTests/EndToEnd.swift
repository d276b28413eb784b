import Testing

/// Penstock as its users meet it: real processes, a real Redis, WebSocket clients, the command, and the page in a browser.
///
/// One test after the other, for each starts processes of its own. What a test asserts is behaviour, never speed: where
/// something has to happen at once, the alternative would take a minute.
@Suite("Penstock", .serialized, .timeLimit(.minutes(2)), .withLabReport) enum EndToEnd {}

/// Numbers that come once a minute: whatever ends such an answer before the next number did not wait for it.
let minute = 60_000
