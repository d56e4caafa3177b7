"""What the processes of a proof must know; handed to them through their environment."""

from pydantic_settings import SettingsConfigDict

from chassis.settings import ChassisSettings

ACCOUNTS = 40
POISON_SHARE = 0.01
ROLLBACK_SHARE = 0.05


class ProofSettings(ChassisSettings):
    """Settings of the ledger and its mirror while they are being maltreated."""

    model_config = SettingsConfigDict(env_prefix="RAPPORT_", extra="ignore", frozen=True)

    retry_pauses: tuple[float, ...] = (0.2, 0.5)
    database_pool: int = 4
    log_level: str = "error"  # type: ignore[assignment]  # the deaths are on purpose
