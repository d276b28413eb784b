/// A JSON object whose values are all strings: what the scripts publish.
enum FlatJSONObject {
    /// Nil for anything else. Of several members of one name the first counts.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> [String: String]? {
        do throws(JSONError) {
            var reader = JSONReader(bytes)
            var members = [String: String](minimumCapacity: 12)
            try reader.enterObject()
            while let name = try reader.nextName() {
                guard reader.next()?.kind == .string else { return nil }
                let (name, value) = (try name.text(), try reader.string().text())
                if members[name] == nil { members[name] = value }
            }
            try reader.end()
            return members
        } catch {
            return nil
        }
    }
}
