/// When a run is looked at: every second, and whenever one phase of the load gives way to the next. Pure.
struct LoadTimeline: Sendable {
    /// Seconds since the beginning, and what the time before them was.
    let ticks: [(at: Double, phase: Second.Phase)]

    init(_ plan: LoadPlan) {
        let ramp = plan.ramp.inSeconds
        let warm = ramp + plan.warmUp.inSeconds
        let total = plan.total.inSeconds
        var ticks: [(at: Double, phase: Second.Phase)] = []
        func add(from start: Double, to end: Double, _ phase: Second.Phase) {
            guard end > start else { return }
            var at = start.rounded(.down) + 1
            while at < end {
                ticks.append((at, phase))
                at += 1
            }
            ticks.append((end, phase))
        }
        add(from: 0, to: ramp, .ramp)
        add(from: ramp, to: warm, .warmUp)
        add(from: warm, to: total, .load)
        self.ticks = ticks
    }
}
