/// What is measured at a point of a sweep. The raw value is its name in the JSON.
enum ScaleFigure: String, CaseIterable, Sendable {
    /// Of all tokens that reached a client; one that reached two counts twice.
    case tokens = "tokens_per_second"
    case tokensPerChunk = "tokens_per_chunk"
    case answers = "answers_per_second"
    /// Processor time of all processes of a role together, for each token that reached a client.
    case redis = "redis_us_per_token"
    case worker = "worker_us_per_token"
    case frontend = "frontend_us_per_token"
    case redisPerAnswer = "redis_us_per_answer"
    /// Processor time for each stream and second in which it says nothing.
    case redisPerStream = "redis_us_per_stream_second"
    case workerPerStream = "worker_us_per_stream_second"
    case frontendPerStream = "frontend_us_per_stream_second"
    /// From the generator to the client.
    case latency50 = "latency_p50_us"
    case latency99 = "latency_p99_us"
    /// From the client's send to the generator's end, and to the ending that says that the message is saved.
    case observed50 = "stop_observed_p50_us"
    case observed99 = "stop_observed_p99_us"
    case settled50 = "stop_settled_p50_us"
    case settled99 = "stop_settled_p99_us"
    /// Resident memory that came with the load, by its streams.
    case redisMemory = "redis_kb_per_stream"
    case workerMemory = "worker_kb_per_stream"
    case frontendMemory = "frontend_kb_per_stream"
    case stops
    /// Share of all cores, 0 to 1: of everything, and of processes that are none of this run.
    case busy = "machine_busy"
    case others = "other_processes"

    /// Above a column of the table.
    var heading: String {
        switch self {
        case .tokens: "tokens/s"
        case .tokensPerChunk: "tokens/chunk"
        case .answers: "answers/s"
        case .redis: "Redis µs"
        case .worker: "worker µs"
        case .frontend: "frontend µs"
        case .redisPerAnswer: "Redis µs/answer"
        case .redisPerStream: "Redis µs/stream·s"
        case .workerPerStream: "worker µs/stream·s"
        case .frontendPerStream: "frontend µs/stream·s"
        case .latency50: "p50 µs"
        case .latency99: "p99 µs"
        case .observed50: "observed p50"
        case .observed99: "p99 µs"
        case .settled50: "settled p50"
        case .settled99: "p99 µs"
        case .redisMemory: "Redis KB"
        case .workerMemory: "worker KB"
        case .frontendMemory: "frontend KB"
        case .stops: "stops"
        case .busy: "busy"
        case .others: "others"
        }
    }

    /// As a table shows it.
    func text(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        switch self {
        case .busy, .others: return "\((value * 100).decimal(0)) %"
        case .redis, .worker, .frontend: return value.decimal(value < 1 ? 3 : 2)
        case .tokensPerChunk, .redisMemory, .workerMemory, .frontendMemory, .redisPerStream, .workerPerStream,
            .frontendPerStream:
            return value.decimal(1)
        case .tokens, .answers, .redisPerAnswer, .latency50, .latency99, .observed50, .observed99, .settled50,
            .settled99, .stops:
            return value.decimal(value < 10 ? 1 : 0)
        }
    }
}
