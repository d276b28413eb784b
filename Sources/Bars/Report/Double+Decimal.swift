import Foundation

extension Double {
    /// With so many digits behind the point, whatever the locale.
    func decimal(_ digits: Int) -> String { String(format: "%.\(digits)f", self) }
}
