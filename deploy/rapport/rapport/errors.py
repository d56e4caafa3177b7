"""What the command line says in one sentence instead of a traceback."""


class UsageProblem(Exception):
    """Something outside this program is not as it must be; the message says what to do."""
