"""The outside world: the event logs of the other services."""
