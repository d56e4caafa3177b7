"""Imports of deals: taken in by the API, run by the worker, all of a file or nothing."""
