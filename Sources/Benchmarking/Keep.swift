/// Makes the optimizer believe that a value is needed.
@inline(never)
package func keep(_ value: UInt64) { kept = value }

nonisolated(unsafe) private var kept: UInt64 = 0
