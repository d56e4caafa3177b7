"""Sends cases over one client, a few at a time, exactly as they are written."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import httpx2
from tests.e2e.bad_input.case import Case, Outcome

AT_ONCE: Final = 8


class Sender:
    """Sends as one of the actors; `tokens` are their access tokens."""

    def __init__(self, http: httpx2.AsyncClient, tokens: dict[str, str]) -> None:
        self._http, self._tokens = http, tokens

    async def send_all(self, cases: Sequence[Case], at_once: int = AT_ONCE) -> list[Outcome]:
        """Send every case, and answer what came of each."""
        waiting = iter(cases)
        outcomes: list[Outcome] = []

        async def work() -> None:
            outcomes.extend([await self.send(case) for case in waiting])

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(work())
        return outcomes

    async def send(self, case: Case) -> Outcome:
        """Send one case."""
        started = time.perf_counter()
        answer: httpx2.Response | Exception
        try:
            answer = await self._http.send(self._request(case))
        except httpx2.TransportError as error:
            answer = error
        return Outcome(case, answer, time.perf_counter() - started)

    def _request(self, case: Case) -> httpx2.Request:
        headers = list(case.headers)
        if case.actor != "nobody":
            headers.append(("Authorization", f"Bearer {self._tokens[case.actor]}"))
        url = self._http.base_url.copy_with(raw_path=case.path.encode("ascii"))
        return httpx2.Request(case.method, url, headers=headers, content=case.content)
