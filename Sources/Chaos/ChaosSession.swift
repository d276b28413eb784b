import ArgumentParser
import Foundation
import Shared

/// A run of the program: rounds, one after the other, and what they found.
struct ChaosSession: Sendable {
    private let firstSeed: UInt64
    private let duration: Duration
    private let rounds: Int
    private let plan: Schedule.Plan
    private let script: Mutations?
    private let mutation: Mutations?
    private let keeps: Bool
    private let directory: URL
    private let goesOn: Bool

    init(_ options: ChaosCommand.Run) throws {
        firstSeed = options.seed ?? UInt64.random(in: 1...999_999_999)
        rounds = options.rounds ?? .max
        duration =
            try options.duration.map { try Self.time($0, "duration") }
            ?? (options.rounds == nil ? .seconds(60) : .seconds(1_000_000_000))
        var plan = Schedule.Plan()
        plan.clients = options.clients
        plan.frontends = options.frontends
        plan.workers = options.workers
        plan.length = Self.milliseconds(try Self.time(options.round, "round"))
        plan.faultEvery = Self.milliseconds(try Self.time(options.faultEvery, "fault-every"))
        if let faults = options.faults {
            plan.families = try faults.split(separator: ",").filter { $0 != "none" }.map { name in
                guard let family = Fault.Family(rawValue: String(name)) else {
                    throw ValidationError("--faults: \(name) is not a kind of fault")
                }
                return family
            }
        }
        guard plan.clients > 0, plan.frontends > 0, plan.workers > 0, plan.length >= 1000, plan.faultEvery >= 4 else {
            throw ValidationError("at least one client, frontend and worker, a round of 1s and 4ms between faults")
        }
        self.plan = plan
        func named(_ name: String?, _ option: String) throws -> Mutations? {
            try name.map { name in
                guard let mutation = Mutations(rawValue: name) else {
                    throw ValidationError("--\(option): \(name) is none of \(Mutations.names)")
                }
                return mutation
            }
        }
        script = try named(options.script, "script")
        mutation = try named(options.mutation, "mutation")
        keeps = options.keep != nil
        directory =
            options.keep.map { URL(filePath: $0) }
            ?? FileManager.default.temporaryDirectory.appending(path: "penstock-chaos-\(firstSeed)")
        goesOn = options.goOn
    }

    private static func time(_ text: String, _ option: String) throws -> Duration {
        guard let setting = DurationSetting(text) else {
            throw ValidationError("--\(option): \(text) is not a time such as 500ms, 20s, 5m or 2h")
        }
        return setting.duration
    }

    private static func milliseconds(_ time: Duration) -> Int {
        Int(time.components.seconds) * 1000 + Int(time.components.attoseconds / 1_000_000_000_000_000)
    }

    /// Plays until the time is over or something was found. Returns the exit status.
    func run() async throws -> Int32 {
        say("seed \(firstSeed)")
        let start = ContinuousClock.now
        var number = 0
        var status: Int32 = 0
        while number < rounds, ContinuousClock.now - start < duration, status == 0 || goesOn {
            number += 1
            let seed = firstSeed &+ UInt64(number - 1)
            status = max(status, try await round(number, seed: seed))
        }
        say(
            "\(number) rounds in \(Self.milliseconds(ContinuousClock.now - start) / 1000) s: \(status == 0 ? "nothing was found" : "see above")"
        )
        return status
    }

    private func round(_ number: Int, seed: UInt64) async throws -> Int32 {
        var schedule = script?.schedule ?? .random(seed: seed, plan: plan)
        if mutation == nil { schedule.rest = Schedule.patience }
        let place = directory.appending(path: "round-\(number)-seed-\(schedule.seed)")
        let outcome: Round.Outcome
        do {
            outcome = try await Round(schedule, number: number, mutation: mutation?.rawValue, directory: place).run()
        } catch {
            say("round \(number), seed \(schedule.seed): could not be played: \(error)")
            say("its history is in \(place.path)")
            return 2
        }
        let rest = outcome.history.events.last { $0.kind == .settled }?.note.map { "; no rest: \($0)" } ?? ""
        say(
            "round \(number), seed \(schedule.seed): \(outcome.requests) requests, \(outcome.faults) faults, "
                + "\(outcome.history.journals.count { $0.event == .token }) tokens, "
                + "\(outcome.violations.count) violations\(rest)")
        guard let first = outcome.violations.first else {
            if !keeps { try? FileManager.default.removeItem(at: place) }
            return 0
        }
        for violation in outcome.violations.prefix(20) { say("  \(violation)") }
        say("the first of them:")
        say(TimeLine(of: first, in: outcome.history, logs: try NodeLogs(in: place)).text)
        say("its history is in \(place.path); penstock-chaos check judges it again")
        say("to play the schedule again: penstock-chaos --seed \(schedule.seed) --rounds 1\(replay)")
        return 1
    }

    /// The options that make the same schedule of a seed.
    private var replay: String {
        var text = script.map { " --script \($0.rawValue)" } ?? ""
        if let mutation { text += " --mutation \(mutation.rawValue)" }
        let standard = Schedule.Plan()
        if plan.clients != standard.clients { text += " --clients \(plan.clients)" }
        if plan.frontends != standard.frontends { text += " --frontends \(plan.frontends)" }
        if plan.workers != standard.workers { text += " --workers \(plan.workers)" }
        if plan.length != standard.length { text += " --round \(plan.length)ms" }
        if plan.faultEvery != standard.faultEvery { text += " --fault-every \(plan.faultEvery)ms" }
        if plan.families != standard.families {
            text += " --faults \(plan.families.isEmpty ? "none" : plan.families.map(\.rawValue).joined(separator: ","))"
        }
        return text
    }

    private func say(_ text: String) { StandardOutput.write(text + "\n") }
}
