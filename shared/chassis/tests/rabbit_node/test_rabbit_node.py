"""A real RabbitMQ is crashed, frozen and starved; the one of the machine must not notice."""

import asyncio
import os
import select
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from chassis.testing.rabbit_node import (
    STANDARD_PORT,
    URL_SETTING,
    BrokerError,
    PrivateNode,
    _answers,
    _url,
    find_broker,
    unique_prefix,
)

pytestmark = pytest.mark.broker

# RabbitMQ writes the name of a new quorum queue to disk up to a second late and tells nobody when;
# a crash before that leaves the queue without a leader for ever (seen with 3.10.8).
NAME_ON_DISK = 2.0

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc or needs a tie")


@pytest.fixture(scope="module")
async def node(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivateNode]:
    async with PrivateNode(tmp_path_factory.mktemp("node")) as node:
        yield node


@asynccontextmanager
async def channel_of(url: str) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(url, timeout=10) as connection:
        yield await connection.channel(on_return_raises=True)


async def declare_queue(channel: AbstractChannel) -> str:
    name = f"{unique_prefix()}kept"
    await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
    return name


async def publish(channel: AbstractChannel, queue: str, body: bytes) -> None:
    message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
    await channel.default_exchange.publish(message, queue)


async def drop(channel: AbstractChannel, queue: str) -> None:
    await channel.queue_delete(queue)


async def first_body(url: str, queue: str) -> bytes:
    async with channel_of(url) as channel:
        message = await (await channel.get_queue(queue)).get(timeout=10)
        await message.ack()
        return message.body


async def test_a_confirmed_message_survives_a_crash(node: PrivateNode) -> None:
    async with channel_of(node.url) as channel:
        queue = await declare_queue(channel)
        await asyncio.sleep(NAME_ON_DISK)
        await publish(channel, queue, b"a deal was won")
    await node.kill()
    began = time.perf_counter()
    await node.start()
    print(f"ready {time.perf_counter() - began:.1f} s after the crash")  # noqa: T201 - with -rP
    assert await first_body(node.url, queue) == b"a deal was won"


async def test_a_frozen_node_confirms_only_after_the_thaw(node: PrivateNode) -> None:
    async with channel_of(node.url) as channel:
        queue = await declare_queue(channel)
        node.freeze()
        publishing = asyncio.create_task(publish(channel, queue, b"late"))
        assert not (await asyncio.wait({publishing}, timeout=1))[0]
        node.thaw()
        async with asyncio.timeout(10):
            await publishing
    assert await first_body(node.url, queue) == b"late"


async def test_a_full_disk_blocks_publishers_until_there_is_room(node: PrivateNode) -> None:
    async with channel_of(node.url) as channel:
        queue = await declare_queue(channel)
        await node.set_disk_free_limit("9000GB")
        publishing = asyncio.create_task(publish(channel, queue, b"waits for room"))
        assert not (await asyncio.wait({publishing}, timeout=1))[0]
        await node.set_disk_free_limit("50MB")
        async with asyncio.timeout(20):
            await publishing


async def test_a_refused_command_is_told(node: PrivateNode) -> None:
    with pytest.raises(BrokerError, match="set_disk_free_limit plenty failed"):
        await node.set_disk_free_limit("plenty")


async def test_starting_a_running_node_changes_nothing(node: PrivateNode) -> None:
    before = node._proven().pid
    await node.start()
    assert node._proven().pid == before


async def test_the_machines_own_broker_does_not_notice_a_crash(node: PrivateNode) -> None:
    if not await _answers(STANDARD_PORT):
        pytest.skip("this machine runs no broker of its own")
    async with channel_of(_url(STANDARD_PORT)) as channel:
        await node.kill()
        await node.start()
        queue = await declare_queue(channel)
        await publish(channel, queue, b"undisturbed")
        await drop(channel, queue)


async def test_only_the_nodes_own_process_is_ever_killed(tmp_path: Path) -> None:
    node = PrivateNode(tmp_path)
    node._server = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        with pytest.raises(BrokerError, match="is not the Erlang machine"):
            await node.kill()
        assert node._server.returncode is None
    finally:
        await node.stop()
    with pytest.raises(BrokerError, match="not running"):
        node.freeze()


def listeners() -> Iterator[tuple[int, str]]:
    """Answer port and address (as the kernel writes it) of all listening TCP sockets."""
    for family in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{family}").read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            if state == "0A":
                address, port = local.split(":")
                yield int(port, 16), address


@linux_only
async def test_the_node_and_its_epmd_listen_on_loopback_only(node: PrivateNode) -> None:
    ports = {node._port, node._distribution_port, node._epmd_port}
    ours = [(port, address) for port, address in listeners() if port in ports]
    assert {port for port, _ in ours} == ports
    assert {address for _, address in ours} <= {"0100007F", "00000000000000000000000001000000"}


@linux_only
def test_the_node_dies_with_a_killed_test_run(tmp_path: Path) -> None:
    code = (
        "import asyncio, pathlib, sys\n"
        "from chassis.testing.rabbit_node import PrivateNode\n"
        "async def main():\n"
        "    node = PrivateNode(pathlib.Path(sys.argv[1]))\n"
        "    await node.start()\n"
        "    print(node._server.pid, node._epmd.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    argv = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as run:  # noqa: S603 - our own code
        assert run.stdout
        handles = [os.pidfd_open(int(pid)) for pid in run.stdout.readline().split()]
        run.kill()
    try:
        assert len(handles) == 2
        for handle in handles:
            assert select.select([handle], [], [], 5)[0], "a process outlived the test run"
    finally:
        for handle in handles:
            os.close(handle)


async def test_a_broker_named_by_the_setting_is_believed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(URL_SETTING, "amqp://somebody@elsewhere.invalid/")
    async with find_broker(tmp_path) as url:
        assert url == "amqp://somebody@elsewhere.invalid/"


async def test_ordinary_tests_find_a_broker_that_confirms(tmp_path: Path) -> None:
    async with find_broker(tmp_path) as url, channel_of(url) as channel:
        queue = await declare_queue(channel)
        await publish(channel, queue, b"hello")
        await drop(channel, queue)


def test_prefixes_are_unique() -> None:
    assert len({unique_prefix() for _ in range(100)}) == 100
