private import Foundation

/// The optional JSON file with settings. A key is a flag's name (`"redis-url"`), or the same nested at a dash or written
/// with a dot: `{"redis": {"url": "…"}}` and `{"redis.url": "…"}` are `--redis-url`. Values are strings, numbers or booleans;
/// null counts as absent.
struct SettingsFile: Sendable {
    /// Flag names without dashes in front, and their values as they would be typed.
    let values: [String: String]

    /// Reads a file. Throws where it cannot be read, is no JSON object, holds lists, or names a key twice.
    init(path: String) throws(SettingsError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw SettingsError(
                key: nil, message: "the configuration file \(path) cannot be read: \(error.localizedDescription)")
        }
        try self.init(json: data, path: path)
    }

    init(json data: some Sequence<UInt8>, path: String) throws(SettingsError) {
        let decoded: Node
        do {
            decoded = try JSONDecoder().decode(Node.self, from: Data(data))
        } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
            let key = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw SettingsError(key: nil, message: "\(path): \(key): \(context.debugDescription)")
        } catch DecodingError.dataCorrupted(let context) where context.debugDescription == Node.expectation {
            throw SettingsError(key: nil, message: "the configuration file \(path) must be one JSON object")
        } catch {
            throw SettingsError(key: nil, message: "the configuration file \(path) is not valid JSON")
        }
        guard case .object = decoded else {
            throw SettingsError(key: nil, message: "the configuration file \(path) must be one JSON object")
        }
        var values: [String: String] = [:]
        for (key, value) in decoded.flattened(under: "") {
            guard values.updateValue(value, forKey: key) == nil else {
                throw SettingsError(key: key, message: "is set twice in the configuration file \(path)")
            }
        }
        self.values = values
    }

    private indirect enum Node: Decodable {
        case scalar(String)
        case object([String: Node])
        /// Counts as absent.
        case null

        static let expectation = "must be a string, a number or a boolean"

        init(from decoder: any Decoder) throws {
            if let object = try? decoder.container(keyedBy: Key.self) {
                var members: [String: Node] = [:]
                for key in object.allKeys {
                    members[key.stringValue] = try object.decodeIfPresent(Node.self, forKey: key) ?? .null
                }
                self = .object(members)
                return
            }
            let value = try decoder.singleValueContainer()
            if let boolean = try? value.decode(Bool.self) {
                self = .scalar(boolean ? "true" : "false")
            } else if let integer = try? value.decode(Int64.self) {
                self = .scalar(String(integer))
            } else if let number = try? value.decode(Double.self) {
                self = .scalar(String(number))
            } else if let text = try? value.decode(String.self) {
                self = .scalar(text)
            } else {
                throw DecodingError.dataCorruptedError(in: value, debugDescription: Self.expectation)
            }
        }

        func flattened(under prefix: String) -> [(key: String, value: String)] {
            switch self {
            case .null: []
            case .scalar(let value): [(prefix, value)]
            case .object(let members):
                members.sorted { $0.key < $1.key }.flatMap { name, member in
                    let name = name.replacing(".", with: "-")
                    return member.flattened(under: prefix.isEmpty ? name : "\(prefix)-\(name)")
                }
            }
        }
    }

    fileprivate struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
