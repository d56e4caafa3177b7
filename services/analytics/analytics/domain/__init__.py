"""Rules that would be true on paper: folding histories into facts, periods, shares, answers."""
