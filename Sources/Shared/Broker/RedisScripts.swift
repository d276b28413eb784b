/// The scripts of the broker: each one changes a request at one instant. Their text is in `Scripts/*.lua`.
package enum RedisScripts {
    package static let submit = script(PackageResources.submit_lua)
    package static let claim = script(PackageResources.claim_lua)
    package static let finish = script(PackageResources.finish_lua)
    package static let stop = script(PackageResources.stop_lua)
    package static let release = script(PackageResources.release_lua)
    package static let note = script(PackageResources.note_lua)
    package static let bury = script(PackageResources.bury_lua)

    package static let leave = script(PackageResources.leave_lua)

    package static let all = [submit, claim, finish, stop, release, note, bury, leave]

    private static func script(_ body: [UInt8]) -> RedisScript {
        RedisScript(String(decoding: PackageResources.common_lua + body, as: UTF8.self))
    }
}
