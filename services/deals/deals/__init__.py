"""Deals: pipelines, deals, lines, payments, currencies."""
