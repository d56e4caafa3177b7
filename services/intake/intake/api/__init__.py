"""The HTTP edge of intake, one router per resource."""
