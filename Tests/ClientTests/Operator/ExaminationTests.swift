import Shared
import Testing

@testable import Client

@Suite struct ExaminationTests {
    @Test(arguments: [("7.0.15", true), ("6.2.0", true), ("6.0.16", false), ("5.0", false), ("10.1", true)])
    func versions(_ version: String, _ isEnough: Bool) {
        #expect((Examination.version(["redis_version": version]).verdict == .good) == isEnough)
    }

    @Test func persistenceAndEviction() {
        #expect(Examination.persistence(["aof_enabled": "1", "aof_last_write_status": "ok"]).verdict == .good)
        #expect(Examination.persistence(["aof_enabled": "0"]).verdict == .warning)
        #expect(Examination.persistence(["aof_enabled": "1", "aof_last_write_status": "err"]).verdict == .fault)
        #expect(Examination.persistence([:]).verdict == .warning)
        #expect(Examination.eviction(["maxmemory_policy": "noeviction"]).verdict == .good)
        #expect(Examination.eviction(["maxmemory_policy": "allkeys-lru", "maxmemory": "0"]).verdict == .warning)
        #expect(Examination.eviction(["maxmemory_policy": "allkeys-lru", "maxmemory": "1024"]).verdict == .fault)
    }

    @Test func aQueueWithoutWorkersIsAWarning() {
        func node(_ role: NodeRecord.Role, _ queue: String) -> NodeRecord {
            NodeRecord(
                id: "\(role)-\(queue)", role: role, host: "h", pid: 1, queue: queue,
                startedAt: Timestamp(microseconds: 0))
        }
        #expect(Examination.nodes([node(.frontend, "a"), node(.worker, "a")]).verdict == .good)
        #expect(Examination.nodes([node(.frontend, "a"), node(.worker, "b")]).finding.contains("no worker serves a"))
        #expect(Examination.nodes([]).verdict == .warning)
        #expect(Examination.nodes(nil).verdict == .fault)
    }
}
