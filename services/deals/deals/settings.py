"""Settings of the deals processes."""

from pydantic import Field

from chassis.settings import ChassisSettings


class Settings(ChassisSettings):
    """What a process of deals needs to know beside the suite's common settings."""

    max_import_bytes: int = Field(
        50_000_000, description="Largest file of deals or rates that can be imported."
    )
