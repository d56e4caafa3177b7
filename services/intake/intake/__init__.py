"""Intake: requests, leads, companies, contacts and customers."""
