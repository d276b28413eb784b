import Foundation

/// The result as one page that needs nothing else: style, script and figures are in it.
enum HTMLReport {
    static func text(_ result: LoadResult) throws -> String {
        func part(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        // In a script nothing of the data may end it.
        let data = try result.json(pretty: false).replacing("<", with: "\\u003C")
        return part(PackageResources.report_html)
            .replacing("/*STYLE*/", with: part(PackageResources.report_css))
            .replacing("/*SCRIPT*/", with: part(PackageResources.report_js))
            .replacing("/*DATA*/", with: data)
    }
}
