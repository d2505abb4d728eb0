"""Which addresses a webhook may reach: public ones by HTTPS, and what the office allows by name (against SSRF)."""

import ipaddress
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from activities.connections import NotResolved, SocketAddress, resolve
from activities.delivery_failures import PermanentFailure, TemporaryFailure
from documents.language import N_
from documents.phrases import one_line

RESOLVE_SECONDS: Final = 5.0
LONGEST_URL: Final = 2_000

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Addresses = list[tuple[socket.AddressFamily, SocketAddress]]

_KEPT_IN_PATHS: Final = "/%:@!$&'()*+,;=~-._"


@dataclass(frozen=True)
class WebhookTarget:
    """Where a webhook goes, as its URL says it.

    Attributes:
        path: the path and the query, ASCII.
        trusted: the office allows this place by name, so that it may be private.
    """

    secure: bool
    host: str
    port: int
    path: str
    trusted: bool

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def read_target(url: str, allow: frozenset[str]) -> WebhookTarget:
    """Read a webhook's URL; looks nothing up.

    Args:
        url: as the owner wrote it.
        allow: what may be private: host names, addresses and networks (`10.0.0.0/8`), and `host:port`, which may use
            plain http as well.

    Raises:
        PermanentFailure: no URL of a webhook.
    """
    parts = _split(url)
    host, port = _host_and_port(parts, url)
    plain_allowed = f"{host}:{port}" in allow or f"[{host}]:{port}" in allow
    if parts.scheme != "https" and not plain_allowed:
        raise PermanentFailure(N_("Địa chỉ webhook {host} phải bắt đầu bằng https://."), host=host)
    path = quote(parts.path, safe=_KEPT_IN_PATHS) or "/"
    query = f"?{quote(parts.query, safe=_KEPT_IN_PATHS + '?')}" if parts.query else ""
    return WebhookTarget(
        secure=parts.scheme == "https",
        host=host,
        port=port,
        path=path + query,
        trusted=plain_allowed or host in allow,
    )


def _split(url: str) -> SplitResult:
    fits = len(url) <= LONGEST_URL and url.isprintable() and not any(letter in url for letter in ' \\<>"')
    try:
        parts = urlsplit(url)
        fits = fits and parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:  # brackets or a port that cannot be
        fits = False
    if not fits:
        raise PermanentFailure(
            N_("“{url}” không phải là địa chỉ webhook. Ghi địa chỉ đầy đủ, ví dụ https://vidu.gov.vn/nhan-tin."),
            url=_without_password(url),
        )
    if parts.username is not None or parts.password is not None:
        raise PermanentFailure(N_("Địa chỉ webhook không được chứa tên và mật khẩu. Bỏ phần trước dấu @."))
    return parts


def _host_and_port(parts: SplitResult, url: str) -> tuple[str, int]:
    try:
        host = (parts.hostname or "").rstrip(".")
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    if not host or "%" in host:
        raise PermanentFailure(
            N_("“{url}” không phải là địa chỉ webhook. Ghi địa chỉ đầy đủ, ví dụ https://vidu.gov.vn/nhan-tin."),
            url=_without_password(url),
        )
    return host, parts.port or (443 if parts.scheme == "https" else 80)


def _without_password(url: str) -> str:
    """The URL as a sentence may show it: nothing before an @, no query, which may hold a token."""
    before, _, after = url.partition("@")
    return one_line((after or before).partition("?")[0], 100)


def addresses_of(target: WebhookTarget, allow: frozenset[str], seconds: float = RESOLVE_SECONDS) -> Addresses:
    """Look the target up and refuse what a webhook must not reach.

    One forbidden address among several refuses all: a name that answers differently each time finds no gap. The caller
    connects to these addresses and to no other.

    Raises:
        PermanentFailure: an address inside: loopback, private, link-local, multicast, reserved.
        TemporaryFailure: the name has no address now.
    """
    try:
        found = resolve(target.host, target.port, seconds)
    except NotResolved:
        raise TemporaryFailure(
            N_("Không tìm thấy máy {host} của webhook. Kiểm tra lại tên máy; tin sẽ được gửi lại."), host=target.host
        ) from None
    if not target.trusted:
        networks = _networks(allow)
        for _, address in found:
            ip = ipaddress.ip_address(address[0].partition("%")[0])
            if not is_public(ip) and not any(_plain(ip) in network for network in networks):
                raise PermanentFailure(
                    N_(
                        "Địa chỉ webhook {host} trỏ vào mạng nội bộ nên không gửi. Nếu đúng là máy của cơ quan, thêm "
                        "vào DONDOC_WEBHOOK_ALLOW."
                    ),
                    host=target.host,
                )
    return found


def is_public(ip: IpAddress) -> bool:
    """Whether an address belongs to the public internet, whatever form it is written in."""
    plain = _plain(ip)
    if isinstance(plain, ipaddress.IPv6Address) and (plain.sixtofour or plain.teredo):
        return False  # an IPv4 address of anybody's choice stands inside
    return plain.is_global and not (plain.is_multicast or plain.is_reserved or plain.is_unspecified)


def _plain(ip: IpAddress) -> IpAddress:
    """The IPv4 address where one is dressed as IPv6 (`::ffff:127.0.0.1`)."""
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return mapped or ip


def _networks(allow: frozenset[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    networks = []
    for place in allow:
        try:
            networks.append(ipaddress.ip_network(place, strict=False))
        except ValueError:  # a host name
            continue
    return networks


def check_webhook_url(url: str, allow: frozenset[str], seconds: float = RESOLVE_SECONDS) -> None:
    """Judge a webhook's URL before it is saved; the same is judged again at each sending.

    Raises:
        PermanentFailure: it must not be used.
        TemporaryFailure: its host has no address now.
    """
    addresses_of(read_target(url, allow), allow, seconds)
