import Benchmarking

extension Stage {
    /// The stages, in the order in which a token passes them; then what a client says.
    static var all: [Stage] {
        [contextCheck] + batcher + command + reply + entry + cursor + event + outbound + received
    }
}
