"""The parsing process: letters come in on stdin, what was read goes out on stdout, both framed.

Before each letter stands which of its attachments is wanted; 0 asks for what the letter says.
"""

import resource
import sys
from dataclasses import asdict
from typing import BinaryIO, Final

import orjson

from mail.domain.parsing import attachment, parse

CPU_SECONDS: Final = 5
MEMORY_BYTES: Final = 512 * 1024 * 1024
NUMBER_BYTES: Final = 4
NOTHING: Final = 0xFFFF_FFFF
"""Instead of a length: there is no such attachment, or none that can be read."""


def main(letters: BinaryIO, answers: BinaryIO) -> None:
    """Read letters until nobody sends any."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while wanted := letters.read(NUMBER_BYTES):
        raw = letters.read(int.from_bytes(letters.read(NUMBER_BYTES)))
        _allow_some_seconds_more()
        number = int.from_bytes(wanted)
        answer = attachment(raw, number) if number else orjson.dumps(asdict(parse(raw)))
        size = NOTHING if answer is None else len(answer)
        answers.write(size.to_bytes(NUMBER_BYTES) + (answer or b""))
        answers.flush()


def _allow_some_seconds_more() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + CPU_SECONDS, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
