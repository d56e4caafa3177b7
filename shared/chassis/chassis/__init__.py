"""The machine a service runs in: database, event log, relay, subscriptions, transports, HTTP edge.

It knows no business noun. A service declares what it is in `app.py`, `worker.py` and
`consumers.py`; everything those need to run safely is here, once.
"""
