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
                current = try await readAgain(after: current)
                lastError = nil
            } catch {
                if error != lastError {
                    logger.error("the key file cannot be used; the keys stay", [.error: "\(error)"])
                }
                lastError = error
            }
        }
    }

    /// Reads the file, and puts its keys in the place of those in use where it is another than `old`. Returns what it holds.
    func readAgain(after old: [UInt8]) async throws(JWTKeyError) -> [UInt8] {
        let new = try file.contents()
        guard new != old else { return old }
        authenticator.replaceKeys(try await JWTKeyFile.keys(in: new))
        logger.notice("the keys for tokens were read again", [.setting: "jwt-key-file"])
        return new
    }
}
