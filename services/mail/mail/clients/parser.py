"""Reads letters in a process of its own, which may hang, burst or die without harm to anybody.

A letter made to hurt costs at most some seconds of one core and half a gigabyte; the letter after
it finds a fresh process. The process gets no part of our environment, so no secret either.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from typing import Final

import orjson
from pydantic import TypeAdapter

from mail.domain.letter import Letter
from mail.domain.parsing import rough

WALL_SECONDS: Final = 20.0
LENGTH_BYTES: Final = 4
_LETTER: Final = TypeAdapter(Letter)


class Parser:
    """A parsing process, started when it is needed; one letter at a time."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def parse(self, raw: bytes) -> Letter:
        """Read a letter; one that kills the process is read roughly and says so."""
        async with self._turn:
            try:
                async with asyncio.timeout(WALL_SECONDS):
                    return await self._ask(raw)
            except (TimeoutError, OSError, asyncio.IncompleteReadError):
                await self._stop()
                return rough(raw, "unreadable: it took too much time or memory")
            except asyncio.CancelledError:
                await self._stop()  # half an answer may be under way
                raise

    async def close(self) -> None:
        """End the process."""
        async with self._turn:
            await self._stop()

    async def _ask(self, raw: bytes) -> Letter:
        process = self._process or await self._start()
        if process.stdin is None or process.stdout is None:
            raise OSError("the parsing process has no pipes")
        process.stdin.write(len(raw).to_bytes(LENGTH_BYTES) + raw)
        await process.stdin.drain()
        length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES))
        return _LETTER.validate_python(orjson.loads(await process.stdout.readexactly(length)))

    async def _start(self) -> Process:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mail.clients.parser_process",
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={"LANG": "C.UTF-8"},
        )  # fmt: skip
        return self._process

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()
