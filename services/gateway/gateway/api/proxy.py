"""The way through: `/api/v1/<service>/...` to the service's `/v1/...`, streaming both ways.

A raw ASGI app, for nothing of what passes is read. The gateway's own API is one more service here.
"""

from starlette.types import Message, Receive, Scope, Send

from chassis.origin import current_traceparent
from gateway.api.gate import Gate
from gateway.domain.forwarding import (
    METHODS,
    SAFE_METHODS,
    Target,
    passing,
    returning,
    target_of,
)
from kernel.errors import NotAllowed, NotFound


class Proxy:
    """Authenticates a request and passes it on; the app's state holds the gate and the services."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope["app"].state
        target = target_of(scope["raw_path"])
        if target is None or target.service not in state.upstreams:
            raise NotFound("There is nothing at this address.")
        if scope["method"] not in METHODS:
            raise NotAllowed
        token = await _internal_token(scope, target, state.gate)
        upstream = state.upstreams[target.service]
        await upstream(_scope_there(scope, target, token), receive, _returning(scope, target, send))


async def _internal_token(scope: Scope, target: Target, gate: Gate) -> str | None:
    if target.is_public:
        return None
    authorization = [value for name, value in scope["headers"] if name == b"authorization"]
    if target.is_logout and not authorization:
        return None
    return await gate.internal_token(authorization, target.service)


def _scope_there(scope: Scope, target: Target, token: str | None) -> Scope:
    """Describe the request as the service shall see it: nothing of it is the client's word."""
    headers = passing(scope["headers"])
    if trace := current_traceparent():  # the service's span is a child of ours
        headers = [header for header in headers if header[0] != b"traceparent"]
        headers.append((b"traceparent", trace.encode()))
    headers.append((b"host", target.service.encode()))
    headers.append((b"x-correlation-id", str(scope["state"]["correlation_id"]).encode()))
    if scope.get("client"):
        headers.append((b"x-forwarded-for", scope["client"][0].encode()))
    if token:
        headers.append((b"authorization", b"Bearer " + token.encode()))
    return {
        "type": "http",
        "asgi": scope["asgi"],
        "http_version": scope["http_version"],
        "method": scope["method"],
        "scheme": scope["scheme"],
        "path": target.path,
        "raw_path": target.raw_path,
        "query_string": scope["query_string"],
        "root_path": "",
        "headers": headers,
        "client": scope.get("client"),
        "server": scope.get("server"),
        "state": {},
    }


def _returning(scope: Scope, target: Target, send: Send) -> Send:
    """Pass the answer on; a change made here is in force before its answer is out (GAT-030)."""
    own_change = target.service == "gateway" and scope["method"] not in SAFE_METHODS
    gate: Gate = scope["app"].state.gate

    async def pass_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            if own_change:
                await gate.try_to_catch_up()
            headers = returning(message.get("headers", ()), target.service)
            message = {**message, "headers": headers}
        await send(message)

    return pass_on
