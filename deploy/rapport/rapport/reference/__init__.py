"""Documents that are written by the code they describe, so that they cannot disagree with it.

Each module answers files by their path in the project; `generate` writes or checks them all.
"""
