"""Run an embedded server until standard input ends: a parent to kill.

Arguments: the folder, then `as-nobody` (give up root first) or `in-thread` (start it from another
thread than the main one), or neither.
"""

import asyncio
import os
import pwd
import sys
import threading
from pathlib import Path

import asyncpg

from chassis.postgres import embedded


async def hold(folder: Path) -> None:
    async with embedded(folder, fast=True) as server:
        connection = await asyncpg.connect(server.dsn)
        await connection.execute("create table if not exists kept (id int)")
        await connection.execute("insert into kept values (1)")
        await connection.close()
        sys.stdout.write(f"{server.process.pid}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    folder, how = Path(sys.argv[1]), sys.argv[2:]
    if "as-nobody" in how:
        asyncio.run(asyncio.to_thread(int))  # loads modules that nobody may not read later
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
    if "in-thread" in how:
        thread = threading.Thread(target=asyncio.run, args=(hold(folder),))
        thread.start()
        thread.join()
    else:
        asyncio.run(hold(folder))


main()
