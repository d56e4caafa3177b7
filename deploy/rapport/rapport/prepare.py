"""Makes everything the services stand on: databases, schemas, keys, exchanges and queues."""

import aio_pika
from pydantic import SecretStr
from sqlalchemy import make_url

from chassis.migrate import migrate
from chassis.postgres import ensure_database
from chassis.settings import SERVICE, ChassisSettings
from chassis.tokens import load_or_make_signer
from chassis.transport.topology import Names, declare_exchange, declare_queue
from rapport.errors import UsageProblem
from rapport.services import SERVICES

CONNECT_SECONDS = 10


async def prepare(settings: ChassisSettings, administrator: str | None = None) -> None:
    """Prepare a deployment; run again, it changes nothing.

    `administrator` is the URL of somebody who may create databases and roles there, by default
    whom the settings name.
    """
    server = administrator or _server_of(settings)
    for service in SERVICES.values():
        url = settings.database_of(service.name)
        assert url.database is not None  # noqa: S101 - database_of names one
        await ensure_database(server, url.database, role=url.username, password=url.password)
        await migrate(url, service.migrations)
    load_or_make_signer(settings.keys_folder)
    if settings.broker_url:
        await declare_topology(settings.broker_url, Names(settings.broker_prefix))


async def declare_topology(url: SecretStr, names: Names) -> None:
    """Declare every queue before anybody speaks, so that nothing said is missed."""
    try:
        connection = await aio_pika.connect(url.get_secret_value(), timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError, aio_pika.exceptions.AMQPError) as error:
        raise UsageProblem(f"RabbitMQ cannot be reached: {error}") from error
    async with connection:
        channel = await connection.channel()
        await declare_exchange(channel, names)
        for service in SERVICES.values():
            worker = service.create_worker(service.settings())
            for subscription in worker.subscriptions:
                await declare_queue(channel, names, subscription)
            await worker.database.close()


def _server_of(settings: ChassisSettings) -> str:
    if settings.database_admin_url:
        return settings.database_admin_url.get_secret_value()
    if SERVICE in settings.database_url:
        raise UsageProblem("RAPPORT_DATABASE_ADMIN_URL must say who may make the services' roles")
    url = make_url(settings.database_url).set(drivername="postgresql", database="postgres")
    return url.render_as_string(hide_password=False)
