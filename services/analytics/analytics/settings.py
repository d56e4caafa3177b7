"""The knobs of this service: those of every service."""

from chassis.settings import ChassisSettings


class Settings(ChassisSettings):
    """Settings of analytics."""
