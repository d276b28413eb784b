import NIOCore
import Shared

/// How answers are asked for, stopped, resumed and left.
extension LoadShard {
    /// Puts a client that has room into the queue of those that have.
    func offer(_ client: LoadClient) {
        guard client.isReady, !client.isQueued, client.slots.count < plan.streamsPerConnection else { return }
        client.isQueued = true
        available.append(client)
    }

    /// Sends what is due, as far as there is room; comes back when more is due, or when there is room again.
    func pump() {
        guard phase == .loading else { return }
        pumpTimer?.cancel()
        pumpTimer = nil
        let now = Moment.now()
        while let due = arrivals.next, origin + due < measured.end {
            guard origin + due <= now.nanoseconds else {
                pumpTimer = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(origin + due)) { self.pump() }
                return
            }
            guard !freeSlots.isEmpty || slots.count < StreamKey.maximumSlots, let client = nextClient() else { return }
            arrivals.take()
            begin(on: client, due: origin + due, at: now)
        }
    }

    /// Pumps at the end of this turn of the loop.
    private func pumpSoon() {
        guard !isPumpingSoon else { return }
        isPumpingSoon = true
        eventLoop.execute {
            self.isPumpingSoon = false
            self.pump()
        }
    }

    private func nextClient() -> LoadClient? {
        while let client = available.popFirst() {
            client.isQueued = false
            if client.isReady, client.slots.count < plan.streamsPerConnection { return client }
        }
        return nil
    }

    private func begin(on client: LoadClient, due: UInt64, at now: Moment) {
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count { slots.append(Slot()) }
        slots[slot].generation &+= 1
        let request = identity.id(.request, of: key(slot))
        let streamPlan = StreamPlan(plan, &random)
        slots[slot].stream = StreamStateMachine(
            request: request, plan: streamPlan, due: due, isCounted: plan.text == .count,
            hasTimes: plan.timestamps)
        slots[slot].client = client
        client.slots.append(slot)
        openStreams += 1
        measured.counters[.requests] += 1
        if client.slowReads > 0 { slots[slot].stream?.disturbed() }
        sendRequest(slot)
        switch streamPlan.behaviour {
        case .readSlowly:
            client.slowReads += 1
            for other in client.slots { slots[other].stream?.disturbed() }
            client.connection?.readSlowly(plan.slowBandwidth)
        case .stopLater(let delay): scheduleStop(slot, due: due + delay)
        case .read, .stop, .resume, .abandon: break
        }
        offer(client)
        perform(slots[slot].stream?.sent(at: now) ?? .none, slot, at: now)
    }

    func key(_ slot: Int) -> StreamKey { StreamKey(shard: number, slot: slot, generation: slots[slot].generation) }

    private func sendRequest(_ slot: Int) {
        guard let stream = slots[slot].stream else { return }
        var parameters: [String: JSONValue] = [:]
        if plan.text == .count {
            parameters = [
                "count": .integer(Int64(stream.plan.tokens)), "interval_ms": .number(stream.plan.intervalMilliseconds),
            ]
            if plan.timestamps { parameters["timestamps"] = .bool(true) }
        }
        var command = SendCommand(content: plan.content, model: plan.model, parameters: parameters)
        // Nobody comes back for it: it is to be stopped soon.
        if case .abandon = stream.plan.behaviour { command.onDisconnect = .grace(seconds: 1) }
        slots[slot].client?.connection?.send(
            encoder.encode(ClientEvent(id: stream.request, command: .send(command))))
    }

    // MARK: Stops

    private func scheduleStop(_ slot: Int, due: UInt64) {
        let key = key(slot)
        eventLoop.scheduleTask(deadline: .uptimeNanoseconds(due)) {
            guard self.isCurrent(key) else { return }
            self.sendStop(slot, due: due, at: .now())
        }
    }

    /// Whether the answer that `key` names is still under way.
    func isCurrent(_ key: StreamKey) -> Bool {
        slots.indices.contains(key.slot) && slots[key.slot].stream != nil
            && self.key(key.slot) == key
    }

    func sendStop(_ slot: Int, due: UInt64, at now: Moment) {
        guard slots[slot].stream?.stopDue(due, at: now, &measured) == true else { return }
        repeatStop(slot)
    }

    private func repeatStop(_ slot: Int) {
        guard let stream = slots[slot].stream else { return }
        slots[slot].client?.connection?.send(
            encoder.encode(
                ClientEvent(
                    id: identity.id(.stop, of: key(slot)), command: .stop(StopCommand(requestID: stream.request)))))
    }

    // MARK: Connections

    /// What is to be said of an answer on a new connection.
    func recover(_ slot: Int, at now: Moment) {
        guard let stream = slots[slot].stream else { return }
        let recovery = stream.recovery
        switch recovery.command {
        case .send: sendRequest(slot)
        case .resume(let cursor):
            slots[slot].client?.connection?.send(
                encoder.encode(
                    ClientEvent(
                        id: identity.id(.resume, of: key(slot)),
                        command: .resume(ResumeCommand(requestID: stream.request, after: cursor)))))
        case nil: break
        }
        if recovery.repeatsStop { repeatStop(slot) }
    }

    // MARK: What clients do

    func perform(_ action: StreamStateMachine.Action, _ slot: Int, at now: Moment) {
        switch action {
        case .none: break
        case .sendStop: sendStop(slot, due: now.nanoseconds, at: now)
        case .loseConnection: if let client = slots[slot].client { cut(client) }
        case .abandon:
            guard let client = slots[slot].client else { return }
            measured.counters[.abandoned] += 1
            free(slot, isAbandoned: true, at: now)
            cut(client)
        case .done: free(slot, isAbandoned: false, at: now)
        }
    }

    private func free(_ slot: Int, isAbandoned: Bool, at now: Moment) {
        guard let stream = slots[slot].stream, let client = slots[slot].client else { return }
        saved.offer(
            SavedSample.Received(
                request: stream.request, url: client.url, bytes: stream.text.bytes, hash: stream.text.hash,
                isAbandoned: isAbandoned))
        if stream.plan.behaviour == .readSlowly {
            client.slowReads -= 1
            if client.slowReads == 0 { client.connection?.readSlowly(nil) }
        }
        slots[slot].stream = nil
        slots[slot].client = nil
        freeSlots.append(slot)
        client.slots.removeAll { $0 == slot }
        openStreams -= 1
        if openStreams == 0 { idle?.succeed() }
        // Whoever was refused waits a little: a frontend that is full is not asked all the time.
        let pause: UInt64 = stream.wasRefused ? 100_000_000 : 0
        arrivals.ended(next: max(now.nanoseconds, origin) - origin + pause)
        offer(client)
        pumpSoon()
    }
}
