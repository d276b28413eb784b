#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where this node runs, as operators see it.
enum ProcessInformation {
    static var host: String { ProcessInfo.processInfo.hostName }
    static var pid: Int { Int(ProcessInfo.processInfo.processIdentifier) }
}
