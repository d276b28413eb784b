import Shared

extension RedisServer {
    /// The requests of which Redis says that they have not ended, and the jobs that are not done with.
    func openRequests(_ requests: [RequestID]) async throws -> (open: [RequestID], jobs: Int) {
        var open: [RequestID] = []
        for request in requests {
            let fields = try await client.call("HMGET", .string("request:{\(request)}"), "state", "job")
            switch fields[0]?.string {
            case "running": open.append(request)
            // One that was accepted and never queued waits for its client to say it again.
            case "queued" where fields[1]?.isNull == false: open.append(request)
            default: break
            }
        }
        let pending = try await pendingJobs().count
        return (open, pending + (try await waitingJobs()))
    }

    private func pendingJobs() async throws -> [String] {
        guard let reply = try? await client.call("XPENDING", "jobs:default", "workers", "-", "+", 1000) else {
            return []
        }
        return (reply.array ?? []).map { entry in
            "\(entry[0]?.string ?? "?") of \(entry[1]?.string ?? "?"), idle \(entry[2]?.integer ?? 0) ms"
        }
    }

    private func waitingJobs() async throws -> Int {
        guard let groups = try? await client.call("XINFO", "GROUPS", "jobs:default") else { return 0 }
        let group = (groups.array ?? []).compactMap(\.map).first { $0["name"]?.string == "workers" }
        let last = group?["last-delivered-id"]?.string ?? "0-0"
        return try await client.call("XRANGE", "jobs:default", .string("(\(last)"), "+").array?.count ?? 0
    }

    /// All that the checker wants to know, read at once.
    func finalState(of requests: [RequestID]) async throws -> FinalState {
        var state = FinalState()
        for request in requests {
            var one = FinalState.Request()
            one.fields = try await hash("request:{\(request)}")
            one.message = try await hash("message:{\(request)}")
            one.log = try await log(request)
            state.requests[request.text] = one
        }
        var cursor = "0"
        repeat {
            let page = try await client.call("SCAN", .string(cursor), "COUNT", 500)
            cursor = page[0]?.string ?? "0"
            for key in (page[1]?.array ?? []).compactMap(\.string) {
                if try await client.call("PTTL", .string(key)).integer == -1 { state.keysWithoutTimeToLive.append(key) }
            }
        } while cursor != "0"
        state.pendingJobs = try await pendingJobs()
        state.waitingJobs = try await waitingJobs()
        for id in try await client.call("ZRANGE", "nodes", 0, -1).array ?? [] {
            guard let id = id.string else { continue }
            let running = try await client.call("HGET", .string("node:\(id)"), "running").string ?? ""
            if !running.isEmpty, running != "[]" { state.running.append("\(id): \(running)") }
        }
        return state
    }

    private func hash(_ key: String) async throws -> [String: String] {
        (try await client.call("HGETALL", .string(key)).map ?? [:]).compactMapValues(\.string)
    }

    private func log(_ request: RequestID) async throws -> [FinalState.Entry] {
        var entries: [FinalState.Entry] = []
        var from = "-"
        while true {
            let page =
                try await client.call(
                    "XRANGE", .string("tokens:{\(request)}"), .string(from), "+", "COUNT", 1000
                ).array ?? []
            for entry in page {
                guard let text = entry[0]?.string, let id = EntryID(text) else { continue }
                let fields = (entry[1]?.map ?? [:]).compactMapValues(\.string)
                entries.append(FinalState.Entry(id: id, kind: entry[1]?[0]?.string ?? "", fields: fields))
            }
            guard page.count == 1000, let last = page.last?[0]?.string else { return entries }
            from = "(\(last)"
        }
    }
}
