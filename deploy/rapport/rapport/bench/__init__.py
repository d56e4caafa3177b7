"""Measures the suite against bare baselines of the same work, in the same run, on the same servers.

A figure means little on its own: machines differ. Its ratio to the baseline does not, much.
"""
