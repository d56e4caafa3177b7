"""The services of the suite: where each one's parts are found, and the ports they listen on."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI

from chassis.settings import ChassisSettings
from chassis.worker import Worker

GATEWAY = "gateway"


@dataclass(frozen=True)
class Service:
    """One service, imported only when it is used."""

    name: str
    port: int

    @property
    def migrations(self) -> Path:
        """Answer the folder of the service's migrations."""
        spec = find_spec(self.name)
        assert spec is not None  # noqa: S101 - it is installed with us
        assert spec.origin is not None  # noqa: S101
        return Path(spec.origin).parent / "migrations"

    @property
    def settings(self) -> type[ChassisSettings]:
        """Answer the class of the service's settings."""
        cls: type[ChassisSettings] = import_module(f"{self.name}.settings").Settings
        return cls

    @property
    def create_app(self) -> Callable[..., FastAPI]:
        """Answer the service's app factory."""
        factory: Callable[..., FastAPI] = import_module(f"{self.name}.app").create_app
        return factory

    @property
    def create_worker(self) -> Callable[[ChassisSettings], Worker]:
        """Answer the service's worker factory."""
        factory: Callable[[ChassisSettings], Worker] = import_module(
            f"{self.name}.worker"
        ).create_worker
        return factory


SERVICES = {
    service.name: service
    for service in (
        Service(GATEWAY, 8000),
        Service("intake", 8101),
        Service("deals", 8102),
        Service("mail", 8103),
        Service("analytics", 8105),
    )
}
