"""The HTTP edge: the dashboard and the reports, all of them read-only."""
