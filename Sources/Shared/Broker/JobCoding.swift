#if canImport(FoundationEssentials)
private import FoundationEssentials
#else
private import Foundation
#endif

/// How a job stands in the field `job` of its stream entry: as JSON.
enum JobCoding {
    static func encode(_ job: GenerationJob) throws -> [UInt8] { [UInt8](try JSONEncoder().encode(job)) }

    static func decode(_ bytes: [UInt8]) throws -> GenerationJob {
        try JSONDecoder().decode(GenerationJob.self, from: Data(bytes))
    }
}
