"""The HTTP edge: one app factory, problem+json, guarded requests, one transaction per request."""
