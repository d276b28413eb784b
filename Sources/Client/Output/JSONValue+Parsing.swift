import Foundation
import Shared

extension JSONValue {
    /// The value that `text` is as JSON, or nil.
    init?(parsing text: String) {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else { return nil }
        self = value
    }
}
