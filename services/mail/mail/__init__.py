"""Mailboxes, letters, tickets: the mail service of Rapport."""
