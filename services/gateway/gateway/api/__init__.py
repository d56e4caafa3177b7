"""The HTTP edge: own resources, the way through to the other services, their documentation."""
