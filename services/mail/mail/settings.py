"""Mail's own environment settings, prefix RAPPORT_MAIL_."""

from pydantic import Field, FilePath, SecretStr

from chassis.settings import ChassisSettings


class Settings(ChassisSettings):
    """What mail's processes need to know beside what every process does."""

    mail_secret_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Key that encrypts the secrets of mailboxes; without it one is made and kept.",
    )
    mail_ca_file: FilePath | None = Field(
        None,
        description="PEM file of authorities that vouch for mail servers, beside the usual ones.",
    )
    mail_sync_seconds: int = Field(
        120, ge=5, le=86_400, description="Seconds between two readings of a mailbox."
    )
    mail_sync_slots: int = Field(
        6, ge=1, le=100, description="Mailboxes one worker reads at the same time."
    )
    mail_send_slots: int = Field(
        3, ge=1, le=100, description="Letters one worker sends at the same time."
    )
