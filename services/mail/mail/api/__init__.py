"""The HTTP edge of mail."""
