"""What can be set: environment variables DONDOC_…, read once at the entry points (shell, worker, web).

Nothing else of ours reads the environment; everything below gets values as arguments.
"""

import ipaddress
import os
import re
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from models.engine_link import EngineLink, EngineTls
from models.payload_keys import BadKeys, KeyFault, PayloadKey, read_keys
from models.safe_address import is_safe_address, is_this_machine
from models.second_factor import SecondFactorFor

PREFIX = "DONDOC_"
SECRET = frozenset(  # their values are never shown
    {"secret_key", "oidc_client_secret", "smtp_url", "database_url", "temporal_keys", "temporal_api_key"}
)
SECRETS = Path("/run/secrets")
"""Where containers find secrets as files: `dondoc_database_url` is DONDOC_DATABASE_URL. The environment wins."""

STANDARD_OTLP = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""OpenTelemetry's own name for the place to which everything is sent."""

SECRET_KEY_CHARACTERS = 32
SHIPPED_DIRECTORY = Path(__file__).parent / "database" / "seed" / "quang_ngai.yaml"
HOST_AND_PORT = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")
NAMESPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
BUILD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")
HOST_NAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
LAST_PORT = 65535
SHORTEST_KEPT_DAYS = 30
"""Mails are tried again for days, and whoever asks why he heard nothing asks within a month."""


class LogFormat(StrEnum):
    """How worker and web write their log."""

    CONSOLE = "console"  # for people
    JSON = "json"  # one object a line


class LogLevel(StrEnum):
    """From which weight on worker and web write a line."""

    DEBUG = "debug"  # every request and every commit
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class SettingFault:
    """One bad value: a Vietnamese sentence with named holes (a gettext msgid), and the values for them."""

    message: str
    data: Mapping[str, str]

    def __str__(self) -> str:
        return self.message.format_map(self.data)


class SettingsRefused(Exception):
    """Some settings have bad values. `faults` has one sentence for each; `str()` is all of them, a line each."""

    def __init__(self, faults: tuple[SettingFault, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class Settings(BaseSettings):
    """All settings, each under the environment variable DONDOC_ and its name in capitals.

    An empty variable counts as not set.

    Attributes:
        data_dir: the data folder of the embedded system; made absolute. Default `./var`.
        database_url: `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`. Default: `dondoc.db` in the
            data folder.
        temporal_address: `host:port` of a Temporal that runs already. Default: the embedded system's own.
        temporal_binary: the `temporal` program to start as embedded server. Default: the installed one.
        temporal_namespace: Temporal's namespace. Default `default`.
        temporal_tls: `true`: TLS towards Temporal; the next four, each, and an API key mean it as well. An address on
            another machine is refused without.
        temporal_tls_ca: a PEM file with who signs the server's certificate. Default: whom this machine trusts.
        temporal_tls_certificate: a PEM file with this client's certificate, where the server wants one (mTLS).
        temporal_tls_key: its key, a PEM file that others may not read.
        temporal_tls_server_name: the name in the server's certificate, where it is not the address's.
        temporal_api_key: what the server asks for beside or instead of a certificate.
        temporal_plaintext_host: the one host name to which we may speak in clear although it is another machine, such
            as a service in the private network of a compose file. Default: none.
        temporal_keys: keys with which what Temporal stores is encrypted, `ID:KEY` each (`dondoc keys new`), one a line
            or parted by commas. The first writes, all read. Default: none, nothing is encrypted.
        temporal_keys_file: a file with the same, which others may not read.
        temporal_refuse_plain: `true`: what Temporal has from before there were keys is not read.
        worker_build: the build of this worker's code, where workers of several builds follow each other (worker
            deployment versions). Default: none, the worker is unversioned.
        codec_origin: where the pages of Temporal's own UI come from, `https://…`; they may then ask the web part to
            decrypt what an administrator looks at. Default: none, nobody is answered.
        smtp_url: the mail server, `smtp://`, `smtp+starttls://` or `smtps://` with `[USER:PASSWORD@]HOST[:PORT]`;
            with `smtp+starttls` a server without STARTTLS gets nothing. Default: none, mails are kept as
            .eml files in the data folder.
        mail_from: the sender of every e-mail, `Name <address>` or the address alone.
        public_url: the address by which people reach the web part, as it stands in mails; no `/` at the
            end. Default: the web part on this machine.
        scan_command: a program with its arguments that looks at each file handed in; whatever it does not end with 0
            is refused. Default: none.
        secret_key: signs what must not be forged; at least 32 characters. Default: none, and the entry
            point that needs one makes it and keeps it in the data folder.
        second_factor: `none`, or `leaders`: leaders and administrators set up a second factor before anything else.
        log_format: `console` or `json`.
        log_level: `debug`, `info`, `warning` or `error`: what is lighter is not written. Default `info`.
        worker_metrics_address: `address:port` at which the worker answers `/metrics`. Default: none.
        otlp_endpoint: `http://host:4318`, where traces are sent by OTLP over HTTP. Default: what the standard variable
            OTEL_EXPORTER_OTLP_ENDPOINT says; without it, none, and nothing is traced.
        clock: for tests only: `+3600` or `-3600` shifts our clock by so many seconds; an ISO instant with its
            zone lets our clock stand at that instant now and go on from there.
        directory: the YAML file from which an empty database gets agencies and people.
        webhook_allow: host names, addresses and networks (`10.0.0.0/8`) inside the office that webhooks may
            reach though they are private, parted by commas. Default: none.
        oidc_issuer: the issuer of the office's OpenID Connect provider, `https://…` (`http://` on this machine
            only). Default: none, people sign in by password.
        oidc_client_id: the name by which that provider knows us; needed with `oidc_issuer`.
        oidc_client_secret: our secret there. Default: none, a public client.
        oidc_scopes: what we ask for, parted by blanks. Default `openid email profile`.
        oidc_person_claim: the claim that names the person: `email`, or one that holds the code of the directory.
        oidc_agency_claim: the claim that names the person's agency, which must be that of the directory. Default:
            none, the directory alone decides.
        oidc_role_claim: the claim that names the position; with `oidc_agency_claim`, who is not in the directory is
            entered with both. Default: none, nobody is entered.
        web_host: the address on which the web part listens. Default 127.0.0.1, this machine only.
        web_port: the TCP port on which the web part listens, 1 to 65535. Default 8000.
        trusted_proxies: addresses and networks of the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are
            believed, parted by commas. Default: this machine only.
        keep_traces_days: for how many days it is kept who signed in from where, which address got which mail, which
            webhook was called, which import ran. Default 400.
        keep_audit_days: for how many days acts of administration are kept. Default 1830, five years.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        validate_default=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Path("var")
    database_url: str = Field(default="", repr=False)
    temporal_address: str | None = None
    temporal_binary: Path | None = None
    temporal_namespace: str = "default"
    temporal_tls: bool = False
    temporal_tls_ca: Path | None = None
    temporal_tls_certificate: Path | None = None
    temporal_tls_key: Path | None = None
    temporal_tls_server_name: str = ""
    temporal_api_key: SecretStr | None = None
    temporal_plaintext_host: str = ""
    temporal_keys: SecretStr | None = None
    temporal_keys_file: Path | None = None
    temporal_refuse_plain: bool = False
    worker_build: str = ""
    codec_origin: str = ""
    smtp_url: str | None = Field(default=None, repr=False)
    mail_from: str = "Đôn Đốc <dondoc@localhost>"
    public_url: str = ""
    scan_command: str = ""
    secret_key: SecretStr | None = None
    second_factor: SecondFactorFor = SecondFactorFor.NONE
    log_format: LogFormat = LogFormat.CONSOLE
    log_level: LogLevel = LogLevel.INFO
    worker_metrics_address: str | None = None
    otlp_endpoint: str = ""
    clock: timedelta | datetime | None = None
    directory: Path = SHIPPED_DIRECTORY
    webhook_allow: Annotated[tuple[str, ...], NoDecode] = ()
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_scopes: str = "openid email profile"
    oidc_person_claim: str = "email"
    oidc_agency_claim: str = ""
    oidc_role_claim: str = ""
    web_host: str = "127.0.0.1"
    web_port: int = 8000
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.1", "::1")
    keep_traces_days: int = 400
    keep_audit_days: int = 1830

    def texts(self) -> dict[str, str]:
        """What is set, as text by name of the variable; secrets too, so it is for looking at and not for showing."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            f"{PREFIX}{name.upper()}": value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            for name, value in values.items()
            if value is not None
        }

    def clock_offset(self, now: datetime) -> timedelta:
        """How far our clock is ahead of the machine's: zero unless a test set `clock`.

        Args:
            now: the machine's clock, an aware instant.
        """
        if isinstance(self.clock, datetime):
            return self.clock - now
        return self.clock or timedelta()

    @property
    def payload_keys(self) -> tuple[PayloadKey, ...]:
        """The keys with which what Temporal stores is encrypted; the first one writes."""
        return read_keys(self.temporal_keys.get_secret_value()) if self.temporal_keys else ()

    def engine_link(self, address: str | None = None) -> EngineLink:
        """How to reach Temporal; certificates are read from their files now.

        Args:
            address: of the embedded system's own Temporal, which is on this machine.

        Raises:
            OSError: a file is there no more.
        """
        tls = None
        if self.temporal_address and self.uses_tls:
            tls = EngineTls(
                ca=self.temporal_tls_ca.read_bytes() if self.temporal_tls_ca else None,
                certificate=self.temporal_tls_certificate.read_bytes() if self.temporal_tls_certificate else None,
                key=self.temporal_tls_key.read_bytes() if self.temporal_tls_key else None,
                server_name=self.temporal_tls_server_name or None,
            )
        return EngineLink(
            address=self.temporal_address or address or "127.0.0.1:7233",
            namespace=self.temporal_namespace,
            tls=tls,
            api_key=self.temporal_api_key.get_secret_value() if tls and self.temporal_api_key else None,
            keys=self.payload_keys,
            refuses_plain=self.temporal_refuse_plain,
        )

    @property
    def uses_tls(self) -> bool:
        """Whether we speak TLS to a Temporal that is not the embedded one."""
        return bool(
            self.temporal_tls
            or self.temporal_tls_ca
            or self.temporal_tls_certificate
            or self.temporal_tls_server_name
            or self.temporal_api_key
        )

    @field_validator("data_dir", "temporal_binary", "directory", mode="after")
    @classmethod
    def _make_absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path else None

    @field_validator("directory", mode="after")
    @classmethod
    def _require_directory(cls, path: Path) -> Path:
        if path != SHIPPED_DIRECTORY and not path.is_file():
            _refuse("{setting} là {value}, nhưng không có tệp này.")
        return path

    @field_validator("database_url", mode="after")
    @classmethod
    def _check_database(cls, url: str) -> str:
        if url and not re.match(r"(sqlite|postgresql|postgresql\+psycopg)://.", url):
            _refuse("{setting} phải bắt đầu bằng sqlite:/// hoặc postgresql://.")
        return url

    @field_validator("worker_metrics_address", mode="after")
    @classmethod
    def _check_listening(cls, address: str | None) -> str | None:
        found = HOST_AND_PORT.fullmatch(address) if address is not None else None
        if address is not None and not (found and _is_address(found["host"]) and 0 < int(found["port"]) <= LAST_PORT):
            _refuse("{setting} phải có dạng địa-chỉ-IP:cổng, ví dụ 127.0.0.1:9464, không phải {value}.")
        return address

    @field_validator("temporal_address", mode="after")
    @classmethod
    def _check_address(cls, address: str | None) -> str | None:
        found = HOST_AND_PORT.fullmatch(address) if address is not None else None
        if address is not None and not (found and 0 < int(found["port"]) <= LAST_PORT):
            _refuse("{setting} phải có dạng máy:cổng, ví dụ 127.0.0.1:7233, không phải {value}.")
        return address

    @field_validator("temporal_namespace", mode="after")
    @classmethod
    def _check_namespace(cls, namespace: str) -> str:
        if not NAMESPACE.fullmatch(namespace):
            _refuse("{setting} chỉ gồm chữ không dấu, số, dấu chấm và gạch nối, không phải {value}.")
        return namespace

    @field_validator("temporal_tls", "temporal_refuse_plain", mode="before")
    @classmethod
    def _read_yes_or_no(cls, value: object) -> object:
        if isinstance(value, str) and value.casefold() not in ("true", "false"):
            _refuse("{setting} chỉ nhận true hoặc false, không phải {value}.")
        return value

    @field_validator(
        "temporal_tls_ca", "temporal_tls_certificate", "temporal_tls_key", "temporal_keys_file", mode="after"
    )
    @classmethod
    def _require_file(cls, path: Path | None) -> Path | None:
        if path is None:
            return None
        path = path.expanduser().absolute()
        if not path.is_file():
            _refuse("{setting} là {value}, nhưng không có tệp này.")
        return path

    @field_validator("temporal_keys_file", mode="after")
    @classmethod
    def _check_keys_file(cls, path: Path | None) -> Path | None:
        if path is not None:
            _require_private(path)
            if not _checked_keys(path.read_text(encoding="utf-8")):
                _refuse("{setting} là {value}, nhưng tệp này không có khóa nào.")
        return path

    @field_validator("temporal_tls_key", mode="after")
    @classmethod
    def _check_tls_key(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if (path is None) != (info.data.get("temporal_tls_certificate") is None):
            _refuse("{setting} phải được đặt cùng với {other}.", other=f"{PREFIX}TEMPORAL_TLS_CERTIFICATE")
        if path is not None:
            _require_private(path)
        return path

    @field_validator("temporal_plaintext_host", mode="after")
    @classmethod
    def _require_tls_off_this_machine(cls, host: str, info: ValidationInfo) -> str:
        """Refuse to send in clear over a network what nobody said may go so."""
        address, secured = (
            info.data.get("temporal_address"),
            any(
                info.data.get(f"temporal_{name}")
                for name in ("tls", "tls_ca", "tls_certificate", "tls_server_name", "api_key")
            ),
        )
        if address is None and secured:
            _refuse("{setting} phải được đặt cùng với các cài đặt TLS.", setting=f"{PREFIX}TEMPORAL_ADDRESS")
        if address is None or secured or is_this_machine(there := address.rpartition(":")[0].strip("[]").casefold()):
            return host
        if host.casefold() != there:
            _refuse(
                "{setting} là {value}, một máy khác, mà không có TLS: đặt {tls} và các chứng chỉ. "
                "Chỉ khi mạng giữa hai máy là mạng riêng khép kín mới đặt {plaintext}={host}.",
                setting=f"{PREFIX}TEMPORAL_ADDRESS",
                value=address,
                tls=f"{PREFIX}TEMPORAL_TLS=true",
                plaintext=f"{PREFIX}TEMPORAL_PLAINTEXT_HOST",
                host=there,
            )
        return host

    @field_validator("temporal_keys", mode="after")
    @classmethod
    def _check_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        return (
            keys if keys is not None and _checked_keys(keys.get_secret_value()) else None
        )  # a secret file may be empty

    @field_validator("temporal_refuse_plain", mode="after")
    @classmethod
    def _check_refuse_plain(cls, refuse: bool, info: ValidationInfo) -> bool:
        if refuse and not info.data.get("temporal_keys") and not info.data.get("temporal_keys_file"):
            _refuse("{setting} phải được đặt cùng với {other}.", other=f"{PREFIX}TEMPORAL_KEYS")
        return refuse

    @field_validator("worker_build", mode="after")
    @classmethod
    def _check_build(cls, build: str) -> str:
        if build and not BUILD.fullmatch(build):
            _refuse("{setting} chỉ gồm chữ không dấu, số, dấu chấm, cộng và gạch nối, không phải {value}.")
        return build

    @field_validator("codec_origin", mode="after")
    @classmethod
    def _check_codec_origin(cls, origin: str) -> str:
        if origin and not (is_safe_address(origin) and origin == "{0.scheme}://{0.netloc}".format(urlsplit(origin))):
            _refuse(
                "{setting} phải là một gốc như https://temporal.example.vn, không có đường dẫn, không phải {value}."
            )
        return origin

    @field_validator("smtp_url", mode="after")
    @classmethod
    def _check_smtp(cls, url: str | None) -> str | None:
        if url == "":  # an empty secret file; an empty variable is left out before
            return None
        if url is not None and not _is_url(url, ("smtp", "smtp+starttls", "smtps")):
            _refuse("{setting} phải có dạng smtp://máy:cổng, smtp+starttls://máy:cổng hoặc smtps://máy:cổng.")
        return url

    @field_validator("mail_from", mode="after")
    @classmethod
    def _check_sender(cls, sender: str) -> str:
        local, _, domain = parseaddr(sender)[1].partition("@")
        if not local or not HOST_NAME.fullmatch(domain) or "\n" in sender or "\r" in sender:
            _refuse("{setting} phải là một địa chỉ thư, ví dụ Văn phòng <vanphong@example.vn>, không phải {value}.")
        return sender

    @field_validator("public_url", mode="after")
    @classmethod
    def _check_public_url(cls, url: str) -> str:
        if url and (not _is_url(url, ("http", "https")) or urlsplit(url).query or urlsplit(url).fragment):
            _refuse("{setting} phải là địa chỉ bắt đầu bằng http:// hoặc https://, không phải {value}.")
        return url.rstrip("/")

    @field_validator("scan_command", mode="after")
    @classmethod
    def _check_scan_command(cls, command: str) -> str:
        try:
            shlex.split(command)
        except ValueError:
            _refuse("{setting} không đọc được: dấu nháy không khép trong {value}.")
        return command

    @field_validator("oidc_issuer", mode="after")
    @classmethod
    def _check_issuer(cls, issuer: str) -> str:
        if issuer and not is_safe_address(issuer):
            _refuse("{setting} phải là địa chỉ bắt đầu bằng https://, không phải {value}.")
        return issuer

    @field_validator("oidc_client_id", mode="after")
    @classmethod
    def _require_client_id(cls, client_id: str, info: ValidationInfo) -> str:
        if info.data.get("oidc_issuer") and not client_id:
            _refuse("{setting} phải được đặt cùng với {other}.", other=f"{PREFIX}OIDC_ISSUER")
        return client_id

    @field_validator("oidc_scopes", mode="after")
    @classmethod
    def _check_scopes(cls, scopes: str) -> str:
        if "openid" not in scopes.split():
            _refuse("{setting} phải có openid, không phải {value}.")
        return scopes

    @field_validator("secret_key", mode="after")
    @classmethod
    def _check_secret_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < SECRET_KEY_CHARACTERS:
            _refuse("{setting} phải dài ít nhất {characters} ký tự.", characters=str(SECRET_KEY_CHARACTERS))
        return key

    @field_validator("second_factor", mode="before")
    @classmethod
    def _check_second_factor(cls, value: object) -> object:
        if value not in list(SecondFactorFor):
            _refuse("{setting} chỉ nhận none hoặc leaders, không phải {value}.")
        return value

    @field_validator("log_format", mode="before")
    @classmethod
    def _check_log_format(cls, value: object) -> object:
        if value not in list(LogFormat):
            _refuse("{setting} chỉ nhận console hoặc json, không phải {value}.")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _check_log_level(cls, value: object) -> object:
        if value not in list(LogLevel):
            _refuse("{setting} chỉ nhận debug, info, warning hoặc error, không phải {value}.")
        return value

    @field_validator("otlp_endpoint", mode="after")
    @classmethod
    def _check_otlp_endpoint(cls, url: str) -> str:
        if url and not _is_url(url, ("http", "https")):
            _refuse("{setting} phải có dạng http://máy:4318 hoặc https://máy:4318, không phải {value}.")
        return url.rstrip("/")

    @field_validator("clock", mode="before")
    @classmethod
    def _read_clock(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if re.fullmatch(r"[+-][0-9]{1,10}(\.[0-9]{1,6})?", value):
            return timedelta(seconds=float(value))
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            _refuse(
                "{setting} phải là số giây có dấu (+3600, -3600) hoặc một thời điểm ISO có múi giờ "
                "(2026-11-02T08:00:00+07:00), không phải {value}."
            )
        return instant.astimezone(UTC)

    @field_validator("webhook_allow", mode="before")
    @classmethod
    def _read_webhook_allow(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        places = tuple(place.strip() for place in value.split(",") if place.strip())
        for place in places:
            if not HOST_NAME.fullmatch(place) and not _is_network(place):
                _refuse(
                    "{setting} gồm tên máy, địa chỉ hoặc dải mạng cách nhau bằng dấu phẩy; không đọc được {place}.",
                    place=place,
                )
        return places

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _read_trusted_proxies(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        places = tuple(place.strip() for place in value.split(",") if place.strip())
        for place in places:
            if not _is_network(place) or ipaddress.ip_network(place).prefixlen == 0:
                _refuse(
                    "{setting} gồm địa chỉ hoặc dải mạng của máy chủ đứng trước, cách nhau bằng dấu phẩy; "
                    "không dùng được {place}.",
                    place=place,
                )
        return places

    @field_validator("web_port", mode="before")
    @classmethod
    def _check_port(cls, value: object) -> int:
        text = str(value)
        if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) <= LAST_PORT:
            _refuse("{setting} phải là số cổng từ 1 đến 65535, không phải {value}.")
        return int(text)

    @field_validator("keep_traces_days", "keep_audit_days", mode="before")
    @classmethod
    def _check_days(cls, value: object) -> int:
        text = str(value)
        if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) < SHORTEST_KEPT_DAYS:
            _refuse(
                "{setting} phải là số ngày từ {least} đến 99999, không phải {value}.", least=str(SHORTEST_KEPT_DAYS)
            )
        return int(text)

    @model_validator(mode="after")
    def _fill_derived(self) -> Self:
        """Complete the defaults that follow from other settings or other variables, and read the file of keys."""
        if self.temporal_keys_file and not self.temporal_keys:
            object.__setattr__(self, "temporal_keys", SecretStr(self.temporal_keys_file.read_text(encoding="utf-8")))
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.data_dir / 'dondoc.db'}")
        if not self.public_url:
            object.__setattr__(self, "public_url", f"http://127.0.0.1:{self.web_port}")
        if not self.otlp_endpoint:
            object.__setattr__(self, "otlp_endpoint", os.environ.get(STANDARD_OTLP, "").rstrip("/"))
        return self


def load_settings(**chosen: object) -> Settings:
    """Read the settings.

    Args:
        **chosen: values that the command line gives, by field name; they win over the environment. None
            counts as not given.

    Raises:
        SettingsRefused: with one sentence for each bad value, naming the variable; never showing a secret.
    """
    given = {name: value for name, value in chosen.items() if value is not None}
    secrets = SECRETS if SECRETS.is_dir() else None
    try:
        return Settings(_secrets_dir=secrets, **given)  # type: ignore[arg-type]  # validation is what checks them
    except ValidationError as refused:
        raise SettingsRefused(tuple(_fault(error) for error in refused.errors())) from None


def inherited_environment(settings: Settings, now: datetime) -> dict[str, str]:
    """Make the environment of the processes that the embedded system starts: ours, with the clock fixed.

    An instant in `clock` becomes a shift here, once, so that all parts, whenever they are started again, show
    the same time.

    Args:
        settings: what this process runs with.
        now: the machine's clock, an aware instant.
    """
    environment = dict(os.environ)
    if settings.clock is not None:
        environment[f"{PREFIX}CLOCK"] = f"{settings.clock_offset(now).total_seconds():+.6f}"
    environment[f"{PREFIX}PUBLIC_URL"] = settings.public_url
    environment[f"{PREFIX}DATABASE_URL"] = settings.database_url
    return environment


def _refuse(message: str, **data: str) -> NoReturn:
    raise PydanticCustomError("setting", "{message}", {"message": message, **data})


def _fault(error: ErrorDetails) -> SettingFault:
    field = str(error["loc"][0])
    data = {"setting": f"{PREFIX}{field.upper()}", "value": "•••" if field in SECRET else str(error["input"])}
    if error["type"] != "setting":
        return SettingFault("{setting} có giá trị không dùng được: {value}.", data)
    context = dict(error["ctx"])
    return SettingFault(context.pop("message"), data | context)


def _require_private(path: Path) -> None:
    """Refuse a secret that everybody on this machine may read; what a container mounts has a mode of its own."""
    if path.parent != SECRETS and path.stat().st_mode & stat.S_IRWXO:
        _refuse("{setting} là {value}, tệp này mọi tài khoản trên máy đều đọc được. Chạy chmod 0600 {value}.")


def _checked_keys(text: str) -> tuple[PayloadKey, ...]:
    try:
        return read_keys(text)
    except BadKeys as bad:
        match bad.fault:
            case KeyFault.SHAPE:
                _refuse(
                    "{setting} có khóa thứ {line} không có dạng TÊN:KHÓA như “dondoc keys new” in ra.",
                    line=str(bad.line),
                )
            case KeyFault.LENGTH:
                _refuse("{setting} có khóa thứ {line} không dài 32 byte.", line=str(bad.line))
            case KeyFault.TWICE:
                _refuse("{setting} có khóa thứ {line} trùng tên với một khóa trước nó.", line=str(bad.line))


def _is_url(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # brackets or a port that cannot be
        return False


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
