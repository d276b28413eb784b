import FrontendClient
import NIOCore
import Shared

/// How clients come to their connections, and lose them.
extension LoadShard {
    /// Connects all clients, at the rate of the plan. `connected` completes when all are ready.
    func connectAll() {
        origin = Moment.now().nanoseconds
        connectDue(0)
    }

    private func connectDue(_ first: Int) {
        guard phase != .closed else { return }
        var number = first
        let now = Moment.now().nanoseconds - origin
        while number < clients.count, let due = connects.next, due <= now {
            connect(clients[number], due: origin + due)
            connects.take()
            number += 1
        }
        guard number < clients.count, let due = connects.next else { return }
        let rest = number
        eventLoop.scheduleTask(deadline: .uptimeNanoseconds(origin + due)) { self.connectDue(rest) }
    }

    private func connect(_ client: LoadClient, due: UInt64) {
        guard phase != .closed else { return }
        client.connectDue = due
        client.attempt += 1
        let attempt = client.attempt
        let url = client.url
        let client = NIOLoopBound(client, eventLoop: eventLoop)
        let channel = routes[url].dial.connect(on: eventLoop, to: routes[url].address) { channel in
            let connection = LoadConnection(client: client.value, url: url, shard: self)
            client.value.connection = connection
            try channel.pipeline.syncOperations.addHandler(connection)
            channel.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(self.plan.connectTimeout)) {
                [weak connection] in
                if let connection { self.connectTimedOut(connection) }
            }
        }
        channel.whenFailure { error in
            guard client.value.attempt == attempt else { return }
            client.value.connection = nil
            self.failed(client.value, "\(error)")
        }
    }

    private func connectTimedOut(_ connection: LoadConnection) {
        guard connection.client.connection === connection, !connection.client.isReady else { return }
        connection.cut()
        connectionEnded(connection, "it was not ready in time")
    }

    /// `connection.ready` came.
    func ready(_ client: LoadClient, at now: Moment) {
        guard !client.isReady else { return }
        client.isReady = true
        client.backoff.reset()
        readyClients += 1
        measured.record(.connect, from: client.connectDue, to: now.nanoseconds)
        if client.slowReads > 0 { client.connection?.readSlowly(plan.slowBandwidth) }
        for slot in client.slots { recover(slot, at: now) }
        offer(client)
        if phase == .connecting, readyClients == clients.count { connected.succeed() }
        pump()
    }

    /// A connection ended that nobody here closed.
    func connectionEnded(_ connection: LoadConnection, _ reason: String) {
        let client = connection.client
        guard client.connection === connection else { return }
        client.connection = nil
        guard phase != .closed else { return }
        guard client.isReady else { return failed(client, reason) }
        measured.counters[.lost] += 1
        lastFailure = reason
        leave(client)
        reconnect(client, in: client.backoff.next(random: .random(in: 0..<1, using: &random)))
    }

    /// Cuts the connection of a client as a network does; it goes on at the next frontend.
    func cut(_ client: LoadClient) {
        client.connection?.cut()
        client.connection = nil
        leave(client)
        reconnect(client, in: 0)
    }

    private func leave(_ client: LoadClient) {
        if client.isReady { readyClients -= 1 }
        client.isReady = false
        client.url = (client.url + 1) % routes.count
        let now = Moment.now().nanoseconds
        for slot in client.slots { slots[slot].stream?.connectionLost(at: now) }
    }

    private func failed(_ client: LoadClient, _ reason: String) {
        client.attempt += 1
        guard phase != .closed else { return }
        lastFailure = reason
        if phase != .connecting { measured.counters[.unconnected] += 1 }
        client.url = (client.url + 1) % routes.count
        reconnect(client, in: client.backoff.next(random: .random(in: 0..<1, using: &random)))
    }

    private func reconnect(_ client: LoadClient, in nanoseconds: Int64) {
        let due = Moment.now().nanoseconds + UInt64(nanoseconds)
        let client = NIOLoopBound(client, eventLoop: eventLoop)
        eventLoop.scheduleTask(deadline: .uptimeNanoseconds(due)) {
            guard client.value.connection == nil else { return }
            self.connect(client.value, due: due)
        }
    }
}
