"""The words every service shares: ids, clock, money, text, pages, errors.

Standard library and Pydantic only; nothing here does I/O.
"""
