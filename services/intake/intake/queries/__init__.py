"""Every SELECT of intake."""
