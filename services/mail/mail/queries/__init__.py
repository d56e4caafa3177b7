"""Every SELECT of mail."""
