/// The scripts of the broker: each one changes a request, a queue or a count at one instant. Their text is in `Scripts/*.lua`.
package enum RedisScripts {
    /// Of the keys of a request, and that of a queue.
    package static let submit = RedisScript(
        text(PackageResources.base_lua, PackageResources.queueing_lua, PackageResources.submit_lua))
    package static let withdraw = script(PackageResources.withdraw_lua)
    package static let claim = script(PackageResources.claim_lua, first: PackageResources.claim_first_lua)
    package static let finish = script(PackageResources.finish_lua)
    package static let stop = script(PackageResources.stop_lua, first: PackageResources.stop_running_lua)
    package static let release = script(PackageResources.release_lua)
    package static let expire = script(PackageResources.expire_lua)
    package static let note = script(PackageResources.note_lua)
    package static let giveUp = script(PackageResources.giveup_lua)
    package static let attach = script(PackageResources.attach_lua)
    package static let leave = script(PackageResources.leave_lua)
    /// Of the keys of a queue.
    package static let bury = RedisScript(text(PackageResources.bury_lua))
    package static let enqueue = queueScript(PackageResources.enqueue_lua)
    package static let queue = queueScript(PackageResources.queue_lua)
    /// Of the key of an owner.
    package static let count = RedisScript(text(PackageResources.count_lua))

    package static let all = [
        submit, enqueue, withdraw, claim, finish, stop, release, expire, note, giveUp, leave, attach, bury, count,
        queue,
    ]

    private static func queueScript(_ body: [UInt8]) -> RedisScript {
        RedisScript(text(PackageResources.queueing_lua, body))
    }

    /// `first` is what the script does in the case that somebody waits for, before it makes the functions for all others.
    private static func script(_ body: [UInt8], first: [UInt8] = []) -> RedisScript {
        RedisScript(text(PackageResources.base_lua, first, PackageResources.common_lua, body))
    }

    private static func text(_ parts: [UInt8]...) -> String { String(decoding: parts.joined(), as: UTF8.self) }
}
