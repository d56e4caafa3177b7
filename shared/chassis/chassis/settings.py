"""Settings every service reads from the environment, prefix RAPPORT_."""

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL, make_url

SERVICE = "{service}"
"""What stands for the name of the service in the URL of the databases."""


def role_of(service: str) -> str:
    """Name the database role of a service on the embedded server."""
    return f"rapport_{service}"


class ChassisSettings(BaseSettings):
    """What every process of the suite needs to know."""

    model_config = SettingsConfigDict(env_prefix="RAPPORT_", extra="ignore", frozen=True)

    database_url: str = Field(
        "postgresql://127.0.0.1:5432/rapport",
        description="PostgreSQL 18 server and the prefix of its databases: `<prefix>_<service>`. "
        "Where it says `{service}`, the service's name is put: each can log in as its own role.",
    )
    database_admin_url: SecretStr | None = Field(
        None,
        description="Who makes databases and roles in `rapport setup`; by default the user of "
        "RAPPORT_DATABASE_URL. Only the set-up needs it.",
    )
    database_pool: int = Field(10, ge=1, le=200, description="Connections one process may hold.")
    broker_url: SecretStr | None = Field(
        None, description="RabbitMQ as amqp:// URL; without it events go the direct way (embedded)."
    )
    broker_prefix: str = Field(
        "", description="Put before the names of exchanges and queues, to share one broker."
    )
    retry_pauses: tuple[float, ...] = Field(
        (10, 120, 1800, 1800, 1800),
        description="Seconds between the tries of a failed event; then it is parked.",
    )
    retention_days: int = Field(
        2555,
        ge=30,
        le=3650,
        description="Days a deleted record can be restored; then it is removed for good.",
    )
    items_per_page: int = Field(
        25, ge=1, le=200, description="Length of a list's pages where the caller names none."
    )
    time_zone: str = Field("UTC", description="The company's IANA time zone, for business dates.")
    max_body_bytes: int = Field(1_000_000, description="Largest JSON body accepted.")
    request_seconds: float = Field(30, description="Longest a request may take.")
    keys_folder: Path = Field(
        Path("var/keys"),
        description="Folder of the Ed25519 keys that sign and verify internal tokens.",
    )
    log_format: Literal["console", "json"] = Field("console", description="How log lines look.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log line written."
    )
    otlp_endpoint: str | None = Field(
        None, description="OpenTelemetry collector (OTLP over HTTP) for traces; none: no export."
    )

    @property
    def zone(self) -> ZoneInfo:
        """Answer the company's time zone."""
        return ZoneInfo(self.time_zone)

    def database_of(self, service: str) -> URL:
        """Answer the URL of a service's own database, for SQLAlchemy with asyncpg.

        On the embedded server (a socket folder as `host`) each service logs in as its own role.
        """
        url = make_url(self.database_url.replace(SERVICE, service))
        name = f"{url.database or 'rapport'}_{service}"
        url = url.set(drivername="postgresql+asyncpg", database=name)
        return url.set(username=role_of(service)) if "host" in url.query else url
