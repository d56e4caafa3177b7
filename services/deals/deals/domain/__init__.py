"""The rules of deals that would be true on paper."""
