"""Rules of mail that would be true on paper: pure Python, no I/O."""
