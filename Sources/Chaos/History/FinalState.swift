import Shared

/// What Redis held when everything had come to rest: as it stands there, read without the product's own code.
struct FinalState: Codable, Hashable, Sendable {
    /// An entry of a log: its id and its fields, the first of which names its kind.
    struct Entry: Codable, Hashable, Sendable {
        var id: EntryID
        var kind: String
        var fields: [String: String]
    }

    /// A request with its log and its message.
    struct Request: Codable, Hashable, Sendable {
        /// `request:{id}`; empty where there is none.
        var fields: [String: String] = [:]
        var log: [Entry] = []
        /// `message:{id}`; empty where there is none.
        var message: [String: String] = [:]
    }

    var requests: [String: Request] = [:]
    /// Keys that would stay for ever.
    var keysWithoutTimeToLive: [String] = []
    /// Jobs in the hands of workers.
    var pendingJobs: [String] = []
    /// Jobs that no worker has taken.
    var waitingJobs = 0
    /// Requests that nodes say they run.
    var running: [String] = []
}
