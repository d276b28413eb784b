import Foundation
import Shared

/// What `docs/protocol.md` says of a client's command, told from the text alone.
enum ReferenceCommand {
    enum Judgement {
        case accepted
        /// Refused, because of one of these fields; `""` is the frame as a whole, and `x.*` whatever is in `x`.
        case refused(Set<String>)
        /// The protocol does not say.
        case contested
    }

    static func judge(_ tree: JSONTree?, bytes: Int, _ limits: ClientEventDecoder.Limits) -> Judgement {
        guard bytes <= limits.frameBytes else { return .refused([""]) }
        guard let tree else { return .refused(["", ".*"]) }
        if tree.isContested { return .contested }
        if tree.count > limits.values || tree.depth > limits.depth { return .refused(["", ".*"]) }
        guard tree.members != nil else { return .refused([""]) }
        var wrong = Wrong(limits: limits)
        wrong.read(tree)
        return wrong.fields.isEmpty ? .accepted : .refused(wrong.fields)
    }

    private struct Wrong {
        let limits: ClientEventDecoder.Limits
        var fields: Set<String> = []

        mutating func demand(_ holds: Bool, _ field: String) { if !holds { fields.insert(field) } }

        mutating func read(_ tree: JSONTree) {
            demand(Self.isUUID(tree["id"]), "id")
            demand(Self.isAbsent(tree["timestamp"]) || tree["timestamp"]?.text != nil, "timestamp")
            guard let type = tree["type"]?.text,
                ["message.send", "message.stop", "message.resume", "auth"].contains(type)
            else {
                return demand(false, "type")
            }
            guard let payload = tree["payload"], payload.members != nil else { return demand(false, "payload") }
            switch type {
            case "message.send": send(payload)
            case "message.stop": stop(payload)
            case "message.resume":
                demand(Self.isUUID(payload["request_id"]), "payload.request_id")
                optional(payload, "after") { $0.text.map { EntryID($0) != nil } ?? false }
            default: demand((payload["token"]?.text?.utf8.count ?? .max) <= limits.tokenBytes, "payload.token")
            }
        }

        private mutating func optional(_ payload: JSONTree, _ name: String, _ holds: (JSONTree) -> Bool) {
            guard let value = payload[name], value != .null else { return }
            demand(holds(value), "payload.\(name)")
        }

        private mutating func send(_ payload: JSONTree) {
            let limits = limits
            demand((payload["content"]?.text?.utf8.count ?? .max) <= limits.contentBytes, "payload.content")
            optional(payload, "session_id") { Self.isUUID($0) }
            optional(payload, "parent_message_id") { Self.isUUID($0) }
            optional(payload, "model") { ($0.text?.utf8.count ?? .max) <= limits.modelBytes }
            optional(payload, "parameters") {
                ($0.members?.count ?? .max) <= limits.parametersCount && Self.size($0) <= limits.parametersBytes
            }
            optional(payload, "on_disconnect") { value in
                if let number = value.number { return number == number.rounded() && (0...86_400).contains(number) }
                return value.text == "stop" || value.text == "continue"
            }
        }

        private mutating func stop(_ payload: JSONTree) {
            optional(payload, "request_id") { Self.isUUID($0) }
            optional(payload, "message_id") { Self.isUUID($0) }
            optional(payload, "mode") { $0.text == "stop" || $0.text == "kill" }
            optional(payload, "reason") { ($0.text?.utf8.count ?? .max) <= 512 }
            demand(Self.isAbsent(payload["request_id"]) != Self.isAbsent(payload["message_id"]), "payload")
        }

        private static func isAbsent(_ value: JSONTree?) -> Bool { value == nil || value == .null }

        private static func isUUID(_ value: JSONTree?) -> Bool {
            value?.text.map { $0.utf8.count == 36 && RequestID($0) != nil } ?? false
        }

        /// Bytes of the shortest JSON of a value.
        private static func size(_ tree: JSONTree) -> Int {
            switch tree {
            case .null: return 4
            case .bool(let value): return value ? 4 : 5
            case .number(let text):
                if let whole = Double(text).flatMap({ Int64(exactly: $0) }), whole.magnitude < 1 << 53 {
                    return "\(whole)".utf8.count
                }
                return Int64(text).map { "\($0)".utf8.count } ?? Double(text).map { "\($0)".utf8.count } ?? 0
            case .string(let text): return quoted(text)
            case .array(let elements): return max(elements.count, 1) + 1 + elements.reduce(0) { $0 + size($1) }
            case .lenient(let tree): return size(tree)
            case .object(let members):
                return max(members.count, 1) + 1 + members.reduce(0) { $0 + quoted($1.name) + 1 + size($1.value) }
            }
        }

        private static func quoted(_ text: String) -> Int {
            text.unicodeScalars.reduce(2) { sum, scalar in
                switch scalar {
                case "\"", "\\", "\n", "\r", "\t", "\u{8}", "\u{C}": sum + 2
                case "\u{0}"..<"\u{20}": sum + 6
                default: sum + scalar.utf8.count
                }
            }
        }
    }
}
