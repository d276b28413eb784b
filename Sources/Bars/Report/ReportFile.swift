import Foundation
import Shared

/// Where a report goes.
enum ReportFile {
    /// The table to standard output and the JSON to the file at `path`, if there is one; `-` is standard output, and the table then goes to
    /// standard error.
    static func write(table: String, json: @autoclosure () throws -> String, to path: String?) throws {
        if path == "-" {
            FileHandle.standardOutput.write(Data(try json().utf8))
            StandardError.write("\n" + table)
        } else {
            if let path { try Data(try json().utf8).write(to: URL(filePath: path)) }
            FileHandle.standardOutput.write(Data(("\n" + table).utf8))
        }
    }
}
