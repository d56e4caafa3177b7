"""Every SELECT: the log, the figures of the reports, and the fingerprint of the facts."""
