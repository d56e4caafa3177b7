"""The tables: the log, and the star schema that is folded from it."""
