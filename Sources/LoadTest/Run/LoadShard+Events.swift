import NIOCore
import Shared

/// What frontends say, and whom it concerns.
extension LoadShard {
    /// A text message came on `connection`.
    func received(_ message: UnsafeRawBufferPointer, on connection: LoadConnection, at now: Moment) {
        if let chunk = ScannedChunk.read(message) {
            guard let key = identity.request(chunk.requestID), let slot = slot(key, of: connection, "a chunk") else {
                return
            }
            // In place: the answer is neither copied out of the table nor looked for.
            let action = slots[slot].stream?.chunk(chunk.cursor, chunk.content, at: now, &measured) ?? .none
            if action != .none { perform(action, slot, at: now) }
            return
        }
        let event: ReceivedServerEvent?
        do {
            event = try decoder.decode(ByteBuffer(bytes: message))
        } catch {
            measured.violations.note(.protocolBroken, nil, "an event that cannot be read: \(error)")
            return
        }
        if let event { received(event.event, on: connection, at: now) }
    }

    private func received(_ event: ServerEvent, on connection: LoadConnection, at now: Moment) {
        switch event {
        case .connectionReady(let ready):
            guard ready.authRequired != true else {
                lastFailure = "the frontend asks for a token: --token-file"
                return connection.cut()
            }
            self.ready(connection.client, at: now)
        case .connectionError(let error):
            lastFailure = "\(error.errorCode.rawValue): \(error.message)"
            measured.counters[.refused] += 1
        // That it waits shows in the time to its first chunk.
        case .queued: break
        case .streamingStart(let start):
            guard let slot = slot(start.requestID, of: connection, "a start") else { return }
            slots[slot].stream?.started(at: now.nanoseconds, &measured)
        case .streamingChunk(let chunk):
            guard let slot = slot(chunk.requestID, of: connection, "a chunk") else { return }
            var content = chunk.chunk.content
            let action = content.withUTF8 { bytes in
                slots[slot].stream?.chunk(chunk.cursor, UnsafeRawBufferPointer(bytes), at: now, &measured)
            }
            perform(action ?? .none, slot, at: now)
        case .streamingRestart(let restart):
            guard let slot = slot(restart.requestID, of: connection, "a restart") else { return }
            slots[slot].stream?.restarted(restart.cursor, &measured)
        case .streamingComplete(let complete):
            guard let slot = slot(complete.requestID, of: connection, "an ending") else { return }
            let action = slots[slot].stream?.completed(complete.metadata, at: now.nanoseconds, &measured)
            perform(action ?? .none, slot, at: now)
        case .streamingError(let error):
            guard let slot = slot(error.requestID, of: connection, "an ending") else { return }
            lastFailure = "\(error.errorCode.rawValue): \(error.message)"
            perform(slots[slot].stream?.failed(at: now.nanoseconds, &measured) ?? .none, slot, at: now)
        case .success(let success):
            guard let (kind, key) = identity.read(success.requestID.text), kind == .stop,
                let slot = slot(key, of: connection, "an acknowledgement")
            else { return }
            let action = slots[slot].stream?.acknowledged(success.result.outcome, at: now.nanoseconds, &measured)
            perform(action ?? .none, slot, at: now)
        case .authenticated: break
        case .failure(let failure): refused(failure, on: connection, at: now)
        }
    }

    private func refused(_ failure: CommandFailure, on connection: LoadConnection, at now: Moment) {
        lastFailure = "\(failure.errorCode.rawValue): \(failure.message)"
        guard let (kind, key) = failure.requestID.flatMap(identity.read),
            let slot = slot(key, of: connection, "a refusal")
        else {
            measured.counters[.refused] += 1
            return
        }
        let action =
            switch kind {
            case .request, .resume: slots[slot].stream?.refused(at: now.nanoseconds, &measured)
            case .stop: slots[slot].stream?.stopRefused(&measured)
            }
        perform(action ?? .none, slot, at: now)
    }

    private func slot(_ request: RequestID, of connection: LoadConnection, _ what: String) -> Int? {
        guard let (kind, key) = identity.read(request.text), kind == .request else {
            measured.violations.note(.protocolBroken, request.text, "\(what) of a request that is not ours")
            return nil
        }
        return slot(key, of: connection, what)
    }

    /// The place of an answer that is under way on `connection`. Notes what concerns none.
    private func slot(_ key: StreamKey, of connection: LoadConnection, _ what: String) -> Int? {
        guard isCurrent(key), slots[key.slot].client === connection.client else {
            let hasBeen =
                key.shard == number && slots.indices.contains(key.slot)
                && key.generation <= self.key(key.slot).generation
            measured.violations.note(
                hasBeen ? .afterEnding : .protocolBroken, identity.id(.request, of: key).text,
                hasBeen ? "\(what) after the ending" : "\(what) of a request that is not under way here")
            return nil
        }
        return key.slot
    }
}
