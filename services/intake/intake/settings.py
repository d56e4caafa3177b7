"""Intake's own knobs: none beside those every service has."""

from chassis.settings import ChassisSettings


class Settings(ChassisSettings):
    """What an intake process reads from the environment."""
