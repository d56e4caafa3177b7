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

from mail.clients.parser_process import NOTHING, NUMBER_BYTES
from mail.domain.letter import Letter
from mail.domain.parsing import rough

WALL_SECONDS: Final = 20.0
WHOLE: Final = 0
"""Instead of an attachment's number: what the letter says."""
_LETTER: Final = TypeAdapter(Letter)


class Parser:
    """A parsing process, started when it is needed; one letter at a time."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def parse(self, raw: bytes) -> Letter:
        """Read a letter; one that kills the process is read roughly and says so."""
        read = await self._ask(raw, WHOLE)
        if read is None:
            return rough(raw, "unreadable: it took too much time or memory")
        return _LETTER.validate_python(orjson.loads(read))

    async def attachment(self, raw: bytes, number: int) -> bytes | None:
        """Answer what an attachment holds, counted from one; none if that cannot be read.

        It is wanted seldom, so the process does not wait for the next one.
        """
        try:
            return await self._ask(raw, number)
        finally:
            await self.close()

    async def close(self) -> None:
        """End the process."""
        async with self._turn:
            await self._stop()

    async def _ask(self, raw: bytes, number: int) -> bytes | None:
        """Answer what the process says; none if it has nothing to say, or dies or hangs of it."""
        async with self._turn:
            try:
                async with asyncio.timeout(WALL_SECONDS):
                    return await self._exchange(raw, number)
            except (TimeoutError, OSError, asyncio.IncompleteReadError):
                await self._stop()
                return None
            except asyncio.CancelledError:
                await self._stop()  # half an answer may be under way
                raise

    async def _exchange(self, raw: bytes, number: int) -> bytes | None:
        process = self._process or await self._start()
        if process.stdin is None or process.stdout is None:
            raise OSError("the parsing process has no pipes")
        process.stdin.write(b"".join(one.to_bytes(NUMBER_BYTES) for one in (number, len(raw))))
        process.stdin.write(raw)
        await process.stdin.drain()
        length = int.from_bytes(await process.stdout.readexactly(NUMBER_BYTES))
        return None if length == NOTHING else await process.stdout.readexactly(length)

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
