"""Migrations of the chassis' own tables, run in every service's database before the service's."""
