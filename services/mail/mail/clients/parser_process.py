"""The parsing process: letters come in on stdin, what was read goes out on stdout, both framed."""

import resource
import sys
from dataclasses import asdict
from typing import BinaryIO, Final

import orjson

from mail.domain.parsing import parse

CPU_SECONDS: Final = 5
MEMORY_BYTES: Final = 512 * 1024 * 1024
LENGTH_BYTES: Final = 4


def main(letters: BinaryIO, answers: BinaryIO) -> None:
    """Read letters until nobody sends any."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while length := letters.read(LENGTH_BYTES):
        raw = letters.read(int.from_bytes(length))
        _allow_some_seconds_more()
        answer = orjson.dumps(asdict(parse(raw)))
        answers.write(len(answer).to_bytes(LENGTH_BYTES) + answer)
        answers.flush()


def _allow_some_seconds_more() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + CPU_SECONDS, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
