"""How a process of ours reaches Temporal, and what it needs to write and read there."""

from dataclasses import dataclass, field

from models.payload_keys import PayloadKey


@dataclass(frozen=True)
class EngineTls:
    """TLS towards Temporal; PEM texts, not paths.

    Attributes:
        ca: who signed the server's certificate; None for the authorities that this machine trusts.
        certificate: of this client, with `key`, where the server wants one (mTLS).
        server_name: the name in the server's certificate, where it is not that of the address.
    """

    ca: bytes | None = None
    certificate: bytes | None = None
    key: bytes | None = field(default=None, repr=False)
    server_name: str | None = None


@dataclass(frozen=True)
class EngineLink:
    """Everything that a connection needs.

    Attributes:
        address: `host:port`.
        tls: None for a connection in clear, which the settings allow on this machine only.
        keys: with which payloads are encrypted, the first one; none leaves them plain.
        refuses_plain: payloads that are not encrypted are not read.
    """

    address: str
    namespace: str = "default"
    tls: EngineTls | None = None
    api_key: str | None = field(default=None, repr=False)
    keys: tuple[PayloadKey, ...] = ()
    refuses_plain: bool = False
