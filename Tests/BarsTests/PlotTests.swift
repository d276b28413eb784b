import Foundation
import Testing

@testable import Bars

@Suite struct PlotTests {
    @Test func decadesWhereValuesSpanThem() {
        let scale = PlotScale(holding: [3, 40, 5000])
        #expect(scale.isLogarithmic && scale.low == 1 && scale.high == 10_000)
        #expect(scale.ticks == [1, 10, 100, 1000, 10_000])
        #expect(abs(scale.position(100) - 0.5) < 1e-9)
    }

    @Test(arguments: [7.0, 0.9, 4.4, 4.6, 9.9, 100, 123_456])
    func fromZeroWhereTheyDoNot(largest: Double) {
        let scale = PlotScale(holding: [largest / 2, largest])
        #expect(!scale.isLogarithmic && scale.low == 0)
        #expect(scale.high >= largest && scale.high <= largest * 1.5)
        #expect((3...6).contains(scale.ticks.count))
        #expect(scale.position(0) == 0 && scale.position(scale.high) == 1)
    }

    private static let plot = Plot(
        title: "A < B", axis: "streams", marks: [(1, "1"), (10, "10"), (100, "100")],
        panels: [
            .init(
                title: "CPU (µs)",
                lines: [
                    .init(name: "Redis", points: [(1, 9), (10, 3), (100, 3)]),
                    .init(name: "worker", points: [(1, 2), (10, 1)]),
                ]),
            .init(title: "Latency & more", lines: [.init(name: "p50", points: [(1, 200), (100, 40_000)])]),
        ])

    @Test func aPlotIsWholeXML() throws {
        var open: [Substring] = []
        var count: [Substring: Int] = [:]
        for tag in Self.plot.svg.matches(of: #/<(\/?)([a-z]+)[^<>]*?(\/?)>/#) {
            if tag.1 == "/" {
                #expect(open.popLast() == tag.2)
            } else {
                count[tag.2, default: 0] += 1
                if tag.3.isEmpty { open.append(tag.2) }
            }
        }
        #expect(open.isEmpty)
        #expect(count["svg"] == 1 && count["polyline"] == 3 && count["circle"] == 7)
        #expect(Self.plot.svg.contains("A &lt; B") && Self.plot.svg.contains("Latency &amp; more"))
        // Nothing is loaded from anywhere.
        #expect(count["script"] == nil && count["image"] == nil && !Self.plot.svg.contains("href"))
    }

    @Test func everyPointIsInside() throws {
        let marks = Self.plot.svg.matches(of: #/cx="([-\d.]+)" cy="([-\d.]+)"/#)
        #expect(marks.count == 7)
        for mark in marks {
            #expect((0...330).contains(try #require(Double(mark.1))))
            #expect((0...230).contains(try #require(Double(mark.2))))
        }
    }

    @Test func nothingIsPlottedOfNothing() {
        #expect(Plot(ScaleResult(StreamsSweep(), points: [])) == nil)
        #expect(Plot(ScaleResult(RedisSweep(), points: [])) == nil)
    }
}
