"""Rapport: event log, star schema, reports."""
