import NIOCore

/// How a job stands in the field `job` of its stream entry: as JSON.
enum JobCoding {
    static func encode(_ job: GenerationJob) -> [UInt8] {
        var json = JSONWriter(capacity: 1024 + job.content.utf8.count)
        json.beginObject()
        job.write(to: &json)
        json.endObject()
        return Array(json.buffer.readableBytesView)
    }

    static func decode(_ bytes: [UInt8]) throws -> GenerationJob {
        try bytes.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            let job = try GenerationJob(JSONObject(&reader))
            try reader.end()
            return job
        }
    }
}
