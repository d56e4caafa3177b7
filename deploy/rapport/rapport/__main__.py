"""`python -m rapport` is the command line."""

from rapport.cli import main

main()
