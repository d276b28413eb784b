private import Metrics
private import Synchronization

/// One series of numbers.
protocol PrometheusSeries: AnyObject, Sendable {
    /// Writes its lines.
    func write(to page: inout PrometheusText, name: String, labels: PrometheusLabels)
}

/// A whole number that only grows.
final class PrometheusCounter: PrometheusSeries {
    private let value = Atomic<Int64>(0)

    func write(to page: inout PrometheusText, name: String, labels: PrometheusLabels) {
        page.sample(name, labels, Double(value.load(ordering: .relaxed)))
    }
}

extension PrometheusCounter: CounterHandler {
    func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }
}

/// A number that only grows.
final class PrometheusFloatingPointCounter: PrometheusSeries {
    private let value = AtomicDouble()

    func write(to page: inout PrometheusText, name: String, labels: PrometheusLabels) {
        page.sample(name, labels, value.load())
    }
}

extension PrometheusFloatingPointCounter: FloatingPointCounterHandler {
    func increment(by amount: Double) { value.add(amount) }
    func reset() { value.store(0) }
}

/// A number that goes up and down.
final class PrometheusGauge: PrometheusSeries {
    private let value = AtomicDouble()

    func write(to page: inout PrometheusText, name: String, labels: PrometheusLabels) {
        page.sample(name, labels, value.load())
    }
}

extension PrometheusGauge: MeterHandler, RecorderHandler {
    func set(_ value: Int64) { self.value.store(Double(value)) }
    func set(_ value: Double) { self.value.store(value) }
    func increment(by amount: Double) { value.add(amount) }
    func decrement(by amount: Double) { value.add(-amount) }
    func record(_ value: Int64) { self.value.store(Double(value)) }
    func record(_ value: Double) { self.value.store(value) }
}

/// A floating-point number that threads share without a lock.
struct AtomicDouble: ~Copyable, Sendable {
    private let bits = Atomic<UInt64>(0)

    func load() -> Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func store(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let result = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if result.exchanged { return }
            old = result.original
        }
    }
}
