"""Passwords: Argon2id in two threads of their own, so that a flood of logins starves nobody."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kernel.errors import TooManyRequests

LEAST = 10
LONGEST = 128
THREADS = 2
LONGEST_QUEUE = 50

T = TypeVar("T")


class Passwords:
    """Hashes and checks passwords; `close` it at the end."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._waiting = 0
        # what an unknown account is checked against, to take the same time
        self._decoy = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """Answer what is stored for a password.

        Raises:
            TooManyRequests: too many are waiting already.
        """
        return await self._in_thread(lambda: self._hasher.hash(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Answer whether it is the password; takes the same time when there is none stored.

        Raises:
            TooManyRequests: too many are waiting already.
        """
        possible = stored is not None and len(password) <= LONGEST
        against = stored if possible and stored else self._decoy
        tried = password[:LONGEST]
        return await self._in_thread(lambda: self._verify(against, tried)) and possible

    def is_outdated(self, stored: str) -> bool:
        """Answer whether a password that was just given should be hashed anew."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._waiting >= LONGEST_QUEUE:
            raise TooManyRequests("Too many people log in at once; try again.", retry_after=1)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
