import Shared

/// Values of the product, as any could be.
extension Draw {
    mutating func requestID() -> RequestID { RequestID(uuid()) ?? .random() }

    mutating func sessionID() -> SessionID { SessionID(uuid()) ?? .random() }

    mutating func entryID() -> EntryID {
        EntryID(attempt: UInt64(bitPattern: integer()), index: UInt64(bitPattern: integer()))
    }

    /// A moment between 1970 and 9999.
    mutating func timestamp() -> Timestamp {
        Timestamp(microseconds: Int64(word() % 253_402_300_800_000_000))
    }

    /// JSON as it is after it was written and read: a whole number is no double.
    mutating func json(depth: Int = 0) -> JSONValue {
        switch below(depth < 4 ? 7 : 5) {
        case 0: return .null
        case 1: return .bool(byte() & 1 == 0)
        case 2: return .integer(integer())
        case 3: return .number(Double(integer() >> 16) + 0.25)
        case 4: return .string(text())
        case 5: return .array(list(upTo: 4) { $0.json(depth: depth + 1) })
        default: return .object(members(depth: depth + 1))
        }
    }

    mutating func members(depth: Int = 1) -> [String: JSONValue] {
        Dictionary(list(upTo: 4) { ($0.text(), $0.json(depth: depth)) }) { $1 }
    }

    mutating func usage() -> Usage { Usage(inputTokens: Int(integer()), outputTokens: Int(integer())) }

    mutating func stop() -> StopIntent {
        StopIntent(
            mode: pick([.stop, .kill]), by: pick([.user, .operator, .disconnect, .parent]),
            reason: maybe { "x" + $0.text() }, requestedAt: maybe { $0.timestamp() },
            observedAt: maybe { $0.timestamp() })
    }

    mutating func ending() -> Ending {
        Ending(
            state: pick([.completed, .cancelled, .failed, .expired]), finishReason: text(), usage: usage(),
            stop: maybe { $0.stop() }, error: maybe { .init(code: $0.pick(ErrorCode.allCases), message: $0.text()) },
            endedAt: maybe { $0.timestamp() })
    }

    mutating func command() -> ClientEvent.Command {
        switch below(4) {
        case 0:
            return .send(
                SendCommand(
                    sessionID: maybe { $0.sessionID() }, content: text(upTo: 30),
                    parentMessageID: maybe { $0.requestID().message },
                    model: maybe { $0.text() }, parameters: maybe { $0.members() },
                    onDisconnect: maybe { $0.pick([.stop, .continue, .grace(seconds: 1 + $0.below(86_400))]) }))
        case 1:
            let isRequest = byte() & 1 == 0
            return .stop(
                StopCommand(
                    requestID: isRequest ? requestID() : nil, messageID: isRequest ? nil : requestID().message,
                    mode: maybe { $0.pick([.stop, .kill]) }, reason: maybe { $0.text() }))
        case 2: return .resume(ResumeCommand(requestID: requestID(), after: maybe { $0.entryID() }))
        default: return .authenticate(AuthCommand(token: text(upTo: 40)))
        }
    }

    mutating func serverEvent() -> ServerEvent {
        let request = requestID()
        let code = pick(ErrorCode.allCases)
        switch below(10) {
        case 0:
            return .connectionReady(
                ConnectionReady(
                    clientID: text(), serverVersion: text(), capabilities: list(upTo: 3) { $0.text() },
                    authRequired: maybe { $0.byte() & 1 == 0 }, authTimeoutMilliseconds: maybe { $0.integer() },
                    authExpiresAt: maybe { $0.timestamp() }))
        case 1: return .connectionError(ConnectionError(errorCode: code, message: text()))
        case 2:
            return .streamingStart(
                StreamingStart(
                    requestID: request, messageID: request.message, sessionID: sessionID(),
                    resumed: maybe { $0.byte() & 1 == 0 }))
        case 3:
            return .streamingChunk(
                StreamingChunk(
                    requestID: request, messageID: request.message, cursor: entryID(),
                    chunk: .init(content: text(upTo: 40))))
        case 4:
            return .streamingRestart(
                StreamingRestart(requestID: request, messageID: request.message, cursor: entryID()))
        case 5:
            return .streamingComplete(
                StreamingComplete(
                    requestID: request, messageID: request.message,
                    metadata: .init(
                        isComplete: byte() & 1 == 0, finishReason: text(), usage: usage(), stop: maybe { $0.stop() })))
        case 6:
            return .streamingError(
                StreamingError(requestID: request, messageID: request.message, errorCode: code, message: text()))
        case 7:
            return .success(
                CommandSuccess(
                    requestID: request,
                    result: .init(
                        partialMessageID: request.message,
                        outcome: pick([.stopped, .alreadyStopped, .alreadyCompleted, .dequeued]))))
        case 8: return .authenticated(AuthSuccess(requestID: request, expiresAt: maybe { $0.timestamp() }))
        default:
            return .failure(
                CommandFailure(
                    requestID: maybe { $0.text() }, errorCode: code, message: text(), details: maybe { $0.members() }))
        }
    }

    mutating func job() -> GenerationJob {
        GenerationJob(
            requestID: requestID(), sessionID: sessionID(), owner: text(), content: text(upTo: 40),
            history: list(upTo: 3) { .init(role: $0.text(), content: $0.text()) }, model: maybe { $0.text() },
            parameters: members(), parent: maybe { $0.requestID() }, disconnectGrace: maybe { Int($0.integer()) },
            submittedAt: timestamp())
    }
}
