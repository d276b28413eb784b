import NIOCore
import Shared
import TestSupport
import Testing

/// A node knows whether it hears stops, and mends it when it does not.
@Suite("Control path", .timeLimit(.minutes(1)))
struct ControlPathWatchTests {
    @Test(
        "a subscription that Redis keeps open and that brings nothing is found out and made anew; the intent is read again"
    )
    func deafSubscription() async throws {
        try await ControlPathLab.with { lab in
            try await lab.becomesReady()
            let (request, heard) = try await lab.runningRequest()
            let connections = lab.proxy.accepted
            lab.proxy.swallow(.toClient, of: .subscribers)
            _ = try await lab.other.stop(request, intent: StopIntent(by: .user, reason: "deaf"), owner: "ada").get()
            try await lab.finds(.control, "3 beats did not come back")
            // Commands are answered all the while.
            #expect(lab.obstacle(.redis) == nil)
            #expect(heard.events.isEmpty)
            // New subscribers are deaf too as long as the hole is there: it goes on trying.
            try await eventually("it is tried again and again") { lab.proxy.accepted >= connections + 2 }
            #expect(!lab.readiness.isReady)
            lab.proxy.heal()
            try await lab.becomesReady()
            try await eventually("the stop is heard of") { heard.reasons.contains("deaf") }
        }
    }

    @Test("its ways to Redis are timed, and what was made anew is counted")
    func metrics() async throws {
        try await ControlPathLab.with { lab in
            func value(_ name: String, _ labels: [String: String] = [:]) throws -> Double {
                try lab.metrics().value(name, labels) ?? -1
            }
            func reconnects(_ connection: String) throws -> Double {
                try value("penstock_redis_reconnects_total", ["connection": connection])
            }
            try await lab.becomesReady()
            try await eventually("all is timed") {
                try value("penstock_redis_round_trip_seconds_count") > 1
                    && value("penstock_control_path_beat_seconds_count") > 1
                    && value("penstock_event_loop_lag_seconds_count") > 1
            }
            let before = try reconnects("subscriptions")
            lab.proxy.cut(.subscribers)
            try await eventually("it is counted") { try reconnects("subscriptions") > before }
            // Nobody waits for jobs here.
            #expect(try reconnects("jobs") == 0)
            #expect(try value("penstock_control_path_beat_age_seconds", ["loop": "0"]) >= 0)
        }
    }

    @Test("a subscription whose commands do not reach Redis is found out too")
    func mutedSubscription() async throws {
        try await ControlPathLab.with { lab in
            try await lab.becomesReady()
            let (request, heard) = try await lab.runningRequest()
            lab.proxy.swallow(.toServer, of: .subscribers)
            // What stands is heard still: the way back is what counts, and it is whole.
            _ = try await lab.other.stop(request, intent: StopIntent(by: .user, reason: "one way"), owner: "ada").get()
            try await eventually("the stop is heard") { heard.reasons.contains("one way") }
            // A new connection cannot subscribe.
            lab.proxy.cut(.subscribers)
            try await lab.finds(.control, "beats did not come back")
            lab.proxy.heal()
            try await lab.becomesReady()
        }
    }

    @Test("a command connection that hangs is not called deafness, and the subscription is left alone")
    func hangingCommands() async throws {
        try await ControlPathLab.with { lab in
            try await lab.becomesReady()
            let (request, heard) = try await lab.runningRequest()
            lab.proxy.swallow(.toClient, of: .others)
            try await lab.finds(.control, "is not known")
            try await lab.finds(.redis, "Redis")
            // It is not the subscription's fault: stops are heard.
            _ = try await lab.other.stop(request, intent: StopIntent(by: .user, reason: "heard"), owner: "ada").get()
            try await eventually("the stop is heard") { heard.reasons.contains("heard") }
            lab.proxy.heal()
            try await lab.becomesReady()
        }
    }

    @Test("a Redis that is suspended makes the node not ready; afterwards it is ready and has heard")
    func suspendedRedis() async throws {
        try await ControlPathLab.with { lab in
            try await lab.becomesReady()
            lab.redis.freeze()
            // Why, depends on the moment: a connection that was being made anew then stays half made.
            try await lab.finds(.redis, "Redis")
            try await eventually("the node does not say that it hears") { lab.obstacle(.control) != nil }
            lab.redis.thaw()
            try await lab.becomesReady()
        }
    }

    @Test("CLIENT PAUSE makes the node not ready while it lasts")
    func pausedRedis() async throws {
        try await ControlPathLab.with { lab in
            try await lab.becomesReady()
            try await withClient(lab.redis) { try await $0.call("CLIENT", "PAUSE", 1500, "ALL") }
            try await lab.finds(.redis, "Redis")
            try await lab.becomesReady()
        }
    }

    @Test("a subscription killed by CLIENT KILL is mended, and what was recorded meanwhile is read")
    func killedSubscription() async throws {
        try await ControlPathLab.with { lab in
            try await lab.becomesReady()
            let (request, heard) = try await lab.runningRequest()
            let connections = lab.proxy.accepted
            lab.proxy.swallow(.toClient, of: .subscribers)
            _ = try await lab.other.stop(request, intent: StopIntent(by: .user, reason: "missed"), owner: "ada").get()
            try await withClient(lab.redis) { client in
                try await client.call("CLIENT", "KILL", "TYPE", "pubsub", "SKIPME", "yes")
            }
            try await eventually("a connection is made anew") { lab.proxy.accepted > connections }
            lab.proxy.heal()
            try await lab.becomesReady()
            try await eventually("the stop is heard of") { heard.reasons.contains("missed") }
        }
    }

    @Test("commands killed by CLIENT KILL are repeated, and stops are heard all the while")
    func killedCommands() async throws {
        try await ControlPathLab.with { lab in
            try await lab.becomesReady()
            let (request, heard) = try await lab.runningRequest()
            let connections = lab.proxy.accepted
            try await withClient(lab.redis) { client in
                try await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            }
            try await eventually("a connection is made anew") { lab.proxy.accepted > connections }
            let outcome = try await answered {
                try await lab.other.stop(request, intent: StopIntent(by: .user, reason: "heard"), owner: "ada").get()
            }.outcome
            #expect(outcome == .stopped)
            try await eventually("the stop is heard") { heard.reasons.contains("heard") }
            try await lab.becomesReady()
        }
    }

    @Test("a loss too short for deafness shows as a hole between beats, and the intent is read again")
    func shortLoss() async throws {
        try await ControlPathLab.with(interval: ControlPathLab.longInterval) { lab in
            try await lab.becomesReady()
            let (request, heard) = try await lab.runningRequest()
            lab.proxy.swallow(.toClient, of: .subscribers)
            _ = try await lab.other.stop(request, intent: StopIntent(by: .user, reason: "hole"), owner: "ada").get()
            try await eventually("the stop and a beat fall into the hole") { lab.proxy.swallowed >= 2 }
            lab.proxy.heal()
            try await eventually("the stop is heard of") { heard.reasons.contains("hole") }
            try await lab.becomesReady()
        }
    }

    @Test("connections that are refused are told as such")
    func refusedConnections() async throws {
        try await ControlPathLab.with { lab in
            try await lab.becomesReady()
            lab.proxy.refuse()
            try await lab.finds(.redis, "Redis is not connected")
            try await lab.finds(.control, "no connection")
            lab.proxy.heal()
            try await lab.becomesReady()
        }
    }

    @Test("a user that may not subscribe to beats is told so, and is heard once it may")
    func forbiddenBeat() async throws {
        try await ControlPathLab.with { redis in
            try await withClient(redis) { client in
                try await client.call(
                    "ACL", "SETUSER", "node", "on", ">secret", "~*", "+@all", "resetchannels", "&stop:*")
            }
            var configuration = redis.configuration
            configuration.username = "node"
            configuration.password = "secret"
            return configuration
        } _: { lab in
            try await lab.finds(.control, "may not be heard")
            try await lab.finds(.control, "NOPERM")
            try await withClient(lab.redis) { try await $0.call("ACL", "SETUSER", "node", "&beat:*") }
            try await lab.becomesReady()
        }
    }

    @Test("the age of the last beat is a metric")
    func metric() async throws {
        try await ControlPathLab.with { lab in
            try await lab.becomesReady()
            lab.redis.freeze()
            try await eventually("the age grows beyond a second") {
                let line = lab.registry.render().split(separator: "\n").first {
                    $0.hasPrefix("penstock_control_path_beat_age_seconds{loop=\"0\"}")
                }
                return line?.split(separator: " ").last.flatMap { Double($0) } ?? 0 > 1
            }
        }
    }
}
