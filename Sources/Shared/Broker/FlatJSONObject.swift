#if canImport(FoundationEssentials)
private import FoundationEssentials
#else
private import Foundation
#endif

/// A JSON object whose values are all strings: what the scripts publish.
enum FlatJSONObject {
    static func decode(_ bytes: UnsafeRawBufferPointer) -> [String: String]? {
        try? JSONDecoder().decode([String: String].self, from: Data(bytes))
    }
}
