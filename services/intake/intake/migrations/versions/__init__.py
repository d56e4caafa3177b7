"""The steps of intake's schema, by date."""
