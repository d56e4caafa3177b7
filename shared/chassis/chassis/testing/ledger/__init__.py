"""A sample service, small but built like the real ones: accounts, and amounts booked on them.

The chassis' tests run on it, and `rapport prove` kills it. Its mirror is a second service that
hears every booking and keeps balances of its own: by counting, so that any lost, repeated or
disordered event shows.
"""
