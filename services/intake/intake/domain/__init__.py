"""Rules of requests, leads and the directory that would be true on paper."""
