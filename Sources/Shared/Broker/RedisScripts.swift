/// The scripts of the broker: each one changes a request, a queue or a count at one instant. Their text is in `Scripts/*.lua`.
package enum RedisScripts {
    /// Of the keys of a request, and that of a queue.
    package static let submit = script(PackageResources.queueing_lua + PackageResources.submit_lua)
    package static let withdraw = script(PackageResources.withdraw_lua)
    package static let claim = script(PackageResources.claim_lua)
    package static let finish = script(PackageResources.finish_lua)
    package static let stop = script(PackageResources.stop_lua)
    package static let release = script(PackageResources.release_lua)
    package static let expire = script(PackageResources.expire_lua)
    package static let note = script(PackageResources.note_lua)
    package static let giveUp = script(PackageResources.giveup_lua)
    package static let attach = script(PackageResources.attach_lua)
    package static let leave = script(PackageResources.leave_lua)
    /// Of the keys of a queue.
    package static let bury = RedisScript(String(decoding: PackageResources.bury_lua, as: UTF8.self))
    package static let enqueue = queueScript(PackageResources.enqueue_lua)
    package static let queue = queueScript(PackageResources.queue_lua)
    /// Of the key of an owner.
    package static let count = RedisScript(String(decoding: PackageResources.count_lua, as: UTF8.self))

    package static let all = [
        submit, enqueue, withdraw, claim, finish, stop, release, expire, note, giveUp, leave, attach, bury, count,
        queue,
    ]

    private static func queueScript(_ body: [UInt8]) -> RedisScript {
        RedisScript(String(decoding: PackageResources.queueing_lua + body, as: UTF8.self))
    }

    private static func script(_ body: [UInt8]) -> RedisScript {
        RedisScript(String(decoding: PackageResources.common_lua + body, as: UTF8.self))
    }
}
