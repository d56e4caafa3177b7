"""The HTTP edge of deals: one router per resource, schemas beside it."""
