"""The suite's entry: users, groups, rights, sessions, and the way to every other service."""
