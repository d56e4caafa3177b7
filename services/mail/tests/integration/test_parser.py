"""The parsing process: it may die of a letter, the next letter does not notice."""

import asyncio
import os
import signal
from dataclasses import replace

import pytest

from mail.clients import parser as module
from mail.clients.parser import Parser
from mail.domain.parsing import parse

GOOD = b"Message-ID: <1@x.example>\r\nSubject: Hi\r\n\r\ntext"


async def test_the_process_reads_like_the_function_and_dies_alone() -> None:
    parser = Parser()
    assert await parser.parse(GOOD) == parse(GOOD)
    process = parser._process
    assert process
    assert "RAPPORT" not in _environment(process.pid)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    rough = await parser.parse(GOOD)
    assert rough == replace(rough, subject="Hi", rfc_id="<1@x.example>", text="")
    assert "too much time" in (rough.defect or "")
    assert await parser.parse(GOOD) == parse(GOOD)
    await parser.close()


async def test_a_process_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """C10: at most so many seconds, then the letter is kept raw."""
    parser = Parser()
    await parser.parse(GOOD)
    assert parser._process
    parser._process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(module, "WALL_SECONDS", 0.5)
    async with asyncio.timeout(5):
        letter = await parser.parse(GOOD)
    assert letter.defect
    assert parser._process is None
    await parser.close()


def _environment(pid: int) -> str:
    path = f"/proc/{pid}/environ"
    if not os.path.exists(path):  # noqa: PTH110 - a look outside async code
        return ""
    with open(path, encoding="utf-8") as environment:  # noqa: PTH123 - the same
        return environment.read()
