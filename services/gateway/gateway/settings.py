"""What the gateway reads from the environment beside the chassis' settings, prefix RAPPORT_."""

from pydantic import Field, SecretStr

from chassis.settings import ChassisSettings


class Settings(ChassisSettings):
    """The knobs of the gateway."""

    upstream_intake: str = Field("http://127.0.0.1:8101", description="Where intake answers.")
    upstream_deals: str = Field("http://127.0.0.1:8102", description="Where deals answers.")
    upstream_mail: str = Field("http://127.0.0.1:8103", description="Where mail answers.")
    upstream_analytics: str = Field("http://127.0.0.1:8105", description="Where analytics answers.")
    forwarded_body_bytes: int = Field(
        100_000_000,
        description="Largest body passed on; each service has smaller limits of its own.",
    )
    admin_email: str | None = Field(
        None, description="E-mail of the first administrator, made at the start if there is none."
    )
    admin_password: SecretStr | None = Field(
        None, description="Password of the first administrator, 10 to 128 characters."
    )

    @property
    def upstream_urls(self) -> dict[str, str]:
        """Answer the base URL of each service behind the gateway."""
        return {
            "intake": self.upstream_intake,
            "deals": self.upstream_deals,
            "mail": self.upstream_mail,
            "analytics": self.upstream_analytics,
        }
