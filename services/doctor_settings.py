"""Whether what is set fits together: addresses, mail, what may be reached, and what is only meant for trials."""

import ipaddress
import shlex
import shutil
import socket
import stat
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from activities.smtp_server import BadSmtpUrl, read_smtp_url
from documents.language import N_
from documents.mail import sender_domain
from models.safe_address import is_this_machine
from services.doctor import Check, check
from services.openid_provider import Provider, ProviderAway
from services.tracing import can_trace

PLACEHOLDER = "CHANGE-ME"
"""Stands in deploy/systemd/environment.example where a value is to be written."""

WIDE_BITS = 8
"""A network of fewer fixed bits is no place inside an office."""

SECONDS = 3.0

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - what listens everywhere is asked here

_FITS = N_("Cài đặt {setting} dùng được.")


def examples_check(values: Mapping[str, str]) -> Check:
    """Whether a value was taken over from an example as it is.

    Args:
        values: by name of the variable.
    """
    left = sorted(name for name, value in values.items() if PLACEHOLDER in value)
    if left:
        return check(
            "examples",
            False,
            N_("{settings} còn giữ giá trị mẫu CHANGE-ME. Đặt giá trị của cơ quan rồi khởi động lại."),
            settings=left,
        )
    return check("examples", True, N_("Không cài đặt nào còn giữ giá trị mẫu."))


def clock_setting_check(is_set: bool) -> Check:
    """Whether the clock is shifted, as only a trial wants it."""
    if is_set:
        message = N_(
            "DONDOC_CLOCK đang dời đồng hồ: mọi mốc và hạn đều tính sai ngày. Bỏ DONDOC_CLOCK rồi khởi động lại."
        )
        return check("clock_setting", False, message)
    return check("clock_setting", True, N_("Đồng hồ không bị dời bởi cài đặt."))


def permissions_check(folder: Path, database: Path | None) -> Check:
    """Whether other accounts of this machine can read what is kept.

    Args:
        database: the SQLite file; None with another database.
    """
    kept = [folder, *([database] if database is not None and database.parent != folder else [])]
    for place in kept:
        shut = next((one for one in (place, *place.parents) if one.exists() and not _open_to_others(one)), None)
        if place.exists() and shut is None:
            message = N_("Tài khoản khác trên máy này đọc được {place}. Chạy “chmod 700 {folder}”.")
            return check("permissions", False, message, place=place, folder=place if place.is_dir() else place.parent)
    return check("permissions", True, N_("Tài khoản khác trên máy này không vào được thư mục dữ liệu."))


def _open_to_others(place: Path) -> bool:
    """Whether others may enter a folder, or read a file."""
    mode = place.stat().st_mode
    return bool(mode & (stat.S_IXOTH if place.is_dir() else stat.S_IROTH))


def address_checks(public_url: str, web_host: str, *, mails_leave: bool) -> Iterator[Check]:
    """Whether people reach the pages by the address that stands in mails, and over TLS.

    Args:
        mails_leave: a mail server is set.
    """
    parts = urlsplit(public_url)
    here, listens_here = is_this_machine(parts.hostname or ""), is_this_machine(web_host)
    if here and (mails_leave or not listens_here):
        message = N_(
            "Liên kết trong thư dẫn tới {url}, chỉ máy này mở được. Đặt DONDOC_PUBLIC_URL thành địa chỉ mọi người dùng."
        )
        yield check("public_url", False, message, url=public_url)
    else:
        yield check("public_url", True, _FITS, setting="DONDOC_PUBLIC_URL")
    if parts.scheme == "http" and not here:
        message = N_(
            "Mật khẩu đi qua mạng không mã hóa ở {url}. Đặt máy chủ TLS đứng trước (deploy/caddy) và "
            "DONDOC_PUBLIC_URL bắt đầu bằng https://."
        )
        yield check("tls", False, message, url=public_url)
    else:
        yield check("tls", True, N_("Trang web chỉ mở qua TLS hoặc trên máy này."))


def mail_checks(smtp_url: str | None, sender: str) -> Iterator[Check]:
    """Whether mails come from an address that receivers believe, and the password of the server travels hidden."""
    if not smtp_url:
        return
    domain = sender_domain(sender)
    if "." not in domain or domain.endswith((".localdomain", ".local")):
        message = N_(
            "Thư gửi từ tên miền “{domain}”, nơi nhận sẽ từ chối. Đặt DONDOC_MAIL_FROM thành địa chỉ thư của cơ quan."
        )
        yield check("mail_from", False, message, domain=domain)
    else:
        yield check("mail_from", True, _FITS, setting="DONDOC_MAIL_FROM")
    try:
        server = read_smtp_url(smtp_url)
    except BadSmtpUrl:  # its own check says so
        return
    if urlsplit(smtp_url).scheme == "smtp" and server.user and not is_this_machine(server.host):
        message = N_(
            "Mật khẩu của máy chủ thư {host} đi qua mạng không mã hóa. Dùng smtp+starttls:// hoặc smtps:// trong "
            "DONDOC_SMTP_URL."
        )
        yield check("smtp_tls", False, message, host=server.host)
    else:
        yield check("smtp_tls", True, N_("Mật khẩu của máy chủ thư không đi qua mạng ở dạng đọc được."))


def webhook_check(allowed: Iterable[str]) -> Check:
    """Whether what webhooks may reach is a place, and not everything."""
    wide = []
    for place in allowed:
        try:
            network = ipaddress.ip_network(place)
        except ValueError:  # a name
            continue
        if network.prefixlen < WIDE_BITS:
            wide.append(place)
    if wide:
        message = N_(
            "Webhook được phép gọi tới {places}, tức gần như mọi nơi, kể cả máy chủ bên trong. Chỉ ghi từng máy hoặc "
            "dải mạng hẹp trong DONDOC_WEBHOOK_ALLOW."
        )
        return check("webhook_allow", False, message, places=wide)
    return check("webhook_allow", True, _FITS, setting="DONDOC_WEBHOOK_ALLOW")


def scan_check(command: str) -> Iterator[Check]:
    """Whether the program that looks at files handed in is there; without it every file is refused."""
    if not command:
        return
    program = shlex.split(command)[0]
    if shutil.which(program) is None:
        message = N_(
            "Không có chương trình {program} nên mọi tệp nộp lên đều bị từ chối. Cài chương trình hoặc sửa "
            "DONDOC_SCAN_COMMAND."
        )
        yield check("scan_command", False, message, program=program)
    else:
        yield check("scan_command", True, _FITS, setting="DONDOC_SCAN_COMMAND")


def single_sign_on_check(provider: Provider | None) -> Iterator[Check]:
    """Whether the office's provider answers and is the one that is named."""
    if provider is None:
        return
    try:
        provider.metadata()
    except ProviderAway as away:
        message = N_(
            "Đăng nhập một lần qua {issuer} không dùng được ({problem}). Kiểm tra DONDOC_OIDC_ISSUER và đường mạng "
            "tới đó."
        )
        yield check("single_sign_on", False, message, issuer=provider.issuer, problem=str(away))
    else:
        yield check("single_sign_on", True, _FITS, setting="DONDOC_OIDC_ISSUER")


def tracing_check(endpoint: str) -> Iterator[Check]:
    """Whether traces can leave."""
    if not endpoint:
        return
    if not can_trace():
        message = N_("Chưa cài phần gửi vết. Cài thêm “dondoc[telemetry]” hoặc bỏ DONDOC_OTLP_ENDPOINT.")
        yield check("tracing", False, message)
        return
    parts = urlsplit(endpoint)
    try:
        address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        socket.create_connection(address, SECONDS).close()
    except (OSError, UnicodeError) as problem:
        message = N_(
            "Nơi nhận vết {endpoint} không nhận kết nối: {problem}. Khởi động nơi nhận hoặc sửa DONDOC_OTLP_ENDPOINT."
        )
        yield check("tracing", False, message, endpoint=endpoint, problem=_reason(problem))
    else:
        yield check("tracing", True, _FITS, setting="DONDOC_OTLP_ENDPOINT")


def metrics_check(address: str | None) -> Iterator[Check]:
    """Whether the worker answers for its figures where it should."""
    if address is None:
        return
    host, _, port = address.rpartition(":")
    reached = f"{_EVERYWHERE.get(host, host)}:{port}"
    try:
        with urllib.request.urlopen(f"http://{reached}/metrics", timeout=SECONDS) as answer:
            ours = b"temporal_" in answer.read(1_000_000)
    except (OSError, ValueError, urllib.error.HTTPError):
        message = N_(
            "Không ai trả lời số liệu của worker ở {address}. Khởi động worker, hoặc sửa DONDOC_WORKER_METRICS_ADDRESS."
        )
        yield check("metrics", False, message, address=address)
        return
    if ours:
        yield check("metrics", True, _FITS, setting="DONDOC_WORKER_METRICS_ADDRESS")
        return
    message = N_(
        "Ở {address} là một chương trình khác trả lời, không phải worker. Chọn cổng khác trong "
        "DONDOC_WORKER_METRICS_ADDRESS."
    )
    yield check("metrics", False, message, address=address)


def _reason(problem: Exception) -> str:
    return getattr(problem, "strerror", None) or str(problem)
