import Logging
import ServiceLifecycle
import Shared

/// Reads the key file again every few seconds, so that keys can be changed while the node runs.
///
/// A file that cannot be read or used changes nothing: the keys that were read last stay, and the log says so.
struct JWTKeyFileWatch: Service, CustomStringConvertible {
    let file: JWTKeyFile
    let authenticator: JWTAuthenticator
    /// What the keys in use were read from.
    let contents: [UInt8]
    var interval = Duration.seconds(5)
    let logger: Logger

    var description: String { "key file" }

    func run() async throws {
        await cancelWhenGracefulShutdown { await watch() }
    }

    private func watch() async {
        var current = contents
        var lastError: JWTKeyError?
        while (try? await Task.sleep(for: interval)) != nil {
            do throws(JWTKeyError) {
                let new = try file.contents()
                guard new != current else {
                    lastError = nil
                    continue
                }
                let keys = try await JWTKeyFile.keys(in: new)
                current = new
                lastError = nil
                authenticator.replaceKeys(keys)
                logger.notice("the keys for tokens were read again", [.setting: "jwt-key-file"])
            } catch {
                if error != lastError {
                    logger.error("the key file cannot be used; the keys stay", [.error: "\(error)"])
                }
                lastError = error
            }
        }
    }
}
