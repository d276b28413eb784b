import Shared
import Testing

@Suite struct FIFOTests {
    @Test func behavesAsAnArrayDoes() {
        var fifo = FIFO<Int>()
        var model: [Int] = []
        var generator = SystemRandomNumberGenerator()
        for step in 0..<20_000 {
            if Int.random(in: 0..<5, using: &generator) < (step / 2_000 % 2 == 0 ? 3 : 2) {
                fifo.append(step)
                model.append(step)
            } else {
                #expect(fifo.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            }
            #expect(fifo.count == model.count)
        }
        let even = fifo.removeAll { $0.isMultiple(of: 2) }
        #expect(even == model.filter { $0.isMultiple(of: 2) })
        #expect(fifo.removeAll() == model.filter { !$0.isMultiple(of: 2) })
        #expect(fifo.isEmpty)
    }
}
