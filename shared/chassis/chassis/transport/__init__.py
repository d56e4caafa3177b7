"""How events travel from a relay to the subscriptions: over RabbitMQ, or directly in one process.

Both hand a batch over for good or raise, and both deliver at least once and in order; the
difference is invisible to a service. One behaviour test class runs on both.
"""
