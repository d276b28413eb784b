/// One stage of the hot path, as it is measured: what it does, and the bytes it does it with.
package struct Stage: Sendable {
    /// Names it in the table and in the thresholds: `<group>.<case>`.
    package let name: String
    /// What one operation is, for people.
    package let operation: String
    /// Makes what it needs, and is not measured.
    package let prepare: @Sendable () throws -> Work

    package init(_ name: String, _ operation: String, prepare: @escaping @Sendable () throws -> Work) {
        self.name = name
        self.operation = operation
        self.prepare = prepare
    }

    /// A stage that is ready to be measured.
    package struct Work {
        /// The bytes that one operation reads or writes. What the reference does with as many is the unit of the ratio.
        let bytes: [UInt8]
        /// Operations of one round.
        let operations: Int
        /// Does so many rounds. Throws `StageFailure` where what came out is not what should have: then it measured something else.
        let run: (_ rounds: Int) throws -> Void

        /// Without bytes: of a stage that has none, which is compared with the reference of a machine word.
        package init(
            bytes: [UInt8] = [UInt8](0..<8), operations: Int = 1, run: @escaping (_ rounds: Int) throws -> Void
        ) {
            self.bytes = bytes
            self.operations = operations
            self.run = run
        }
    }
}
