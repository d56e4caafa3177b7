"""The outside world: mail servers, and the parser that is kept apart."""
