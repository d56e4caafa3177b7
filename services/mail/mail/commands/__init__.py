"""Every change of mail."""
