"""Every change: events into the log, the log into facts, and the facts made anew."""
