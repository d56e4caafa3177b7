"""Every change of users, groups and sessions."""
