"""The chassis' Prometheus metrics, labelled by service."""

from prometheus_client import Counter, Gauge, Histogram

relayed = Counter("rapport_events_relayed_total", "Events handed to the transport.", ["service"])
relay_seconds = Histogram(
    "rapport_relay_batch_seconds", "Time to hand one batch to the transport.", ["service"]
)
relay_waiting = Gauge("rapport_event_log_waiting", "Sequenced events not yet sent.", ["service"])
oldest_waiting = Gauge(
    "rapport_event_log_oldest_seconds", "Age of the oldest event not yet sent.", ["service"]
)
consumed = Counter(
    "rapport_events_consumed_total",
    "Events heard, by outcome: applied, repeated, ignored, failed.",
    ["subscription", "outcome"],
)
consume_seconds = Histogram(
    "rapport_consume_batch_seconds", "Time to apply one batch.", ["subscription"]
)
failed_events = Gauge(
    "rapport_failed_events", "Failed events by state.", ["service", "subscription", "state"]
)
http_requests = Counter(
    "rapport_http_requests_total", "Requests answered.", ["service", "method", "route", "status"]
)
http_seconds = Histogram(
    "rapport_http_request_seconds", "Time to answer a request.", ["service", "method", "route"]
)
purged = Counter(
    "rapport_records_purged_total", "Deleted records removed for good.", ["service", "entity"]
)
