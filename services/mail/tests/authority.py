"""A certificate authority of the tests' own, and the tokens an identity provider would issue."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from kernel import clock

HOST = "localhost"
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """`ca` vouches for the server of `server` (key and certificate), which is `localhost`."""

    ca: Path
    server: Path

    def context(self) -> SSLContext:
        """Answer what a server shows."""
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server)
        return context


@dataclass(frozen=True)
class Tokens:
    """Issues the access tokens of users, signed as JWT."""

    key: ec.EllipticCurvePrivateKey

    def public(self) -> bytes:
        """Answer what mail servers check tokens with."""
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def issue(self, user: str, lives: dt.timedelta = DAY) -> str:
        """Answer a token of a user; one that is over when it `lives` less than nothing."""
        now = clock.now()
        claims = {"sub": user, "iat": now - DAY, "exp": now + lives}
        return jwt.encode(claims, self.key, algorithm="ES256")

    def user_of(self, token: str) -> str | None:
        """Answer whose token it is, unless it is no good."""
        try:
            claims = jwt.decode(token, self.key.public_key(), algorithms=["ES256"])
        except jwt.InvalidTokenError:
            return None
        user: str = claims["sub"]
        return user


def new_tokens() -> Tokens:
    return Tokens(ec.generate_private_key(ec.SECP256R1()))


def new_authority(folder: Path) -> Authority:
    """Make an authority, and a certificate of `localhost` that it signed."""
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = _name("The tests' own authority")
    ca = (
        _certificate(ca_name, ca_name, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    host = (
        _certificate(ca_name, _name(HOST), key)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    made = Authority(folder / "ca.pem", folder / "server.pem")
    made.ca.write_bytes(ca.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    made.server.write_bytes(private + host.public_bytes(Encoding.PEM))
    return made


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def _certificate(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - DAY)
        .not_valid_after(clock.now() + DAY)
    )
