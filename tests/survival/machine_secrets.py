"""Canaries in every setting that takes a secret, and the search for them in all that a running office writes."""

import base64
import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path

SECRET_KEY = "kanari-cua-khoa-ky-7f3b2a91c4d85e06"
SMTP_PASSWORD = "kanari-cua-may-thu-51d0e7"
DATABASE_PASSWORD = "kanari-cua-csdl-9a44f2"
TEMPORAL_KEY = "kanari-cua-khoa-temporal-4c1b9e7"
"""32 letters, as long as a key is."""

SETTINGS = {
    "DONDOC_SECRET_KEY": SECRET_KEY,
    "DONDOC_SMTP_URL": f"smtp://dondoc:{SMTP_PASSWORD}@127.0.0.1:1",  # nobody listens, so every mail fails
    "DONDOC_TEMPORAL_KEYS": f"k1:{base64.b64encode(TEMPORAL_KEY.encode()).decode()}",
    "DONDOC_WEBHOOK_ALLOW": "127.0.0.1",
    "DONDOC_LOG_FORMAT": "json",
}
DATABASE_URL = f"postgresql://dondoc:{DATABASE_PASSWORD}@127.0.0.1:1/dondoc"
CANARIES = (SECRET_KEY, SMTP_PASSWORD, DATABASE_PASSWORD, TEMPORAL_KEY)


def forms(secret: str) -> Iterator[bytes]:
    """A secret as it may stand somewhere: plain, in an address, and in base64 wherever it begins there."""
    yield secret.encode()
    yield urllib.parse.quote(secret, safe="").encode()
    for before in range(3):
        inside = base64.b64encode(b"\0" * before + secret.encode())
        yield inside[4 if before else 0 : len(inside) // 4 * 4 - 4]


def found_in(content: bytes, secrets: Iterable[str]) -> list[str]:
    """The secrets that stand in it, in whatever form."""
    return [secret for secret in secrets if any(form in content for form in forms(secret))]


def found_in_files(files: Iterable[Path], secrets: Iterable[str]) -> list[tuple[str, str]]:
    """File and secret, for each secret in each file."""
    wanted = tuple(secrets)
    return [
        (file.name, secret)
        for file in files
        if file.is_file() and file.stat().st_size < 200_000_000
        for secret in found_in(file.read_bytes(), wanted)
    ]
