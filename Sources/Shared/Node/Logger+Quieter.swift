package import Logging

extension Logger {
    /// For libraries: what they tell about their own course is not news here.
    package var quieter: Logger {
        var logger = self
        logger.logLevel = max(logLevel, .notice)
        return logger
    }
}
