"""Telling another system by a signed webhook (Standard Webhooks), in bounded time, without being led inside."""

import binascii
import contextlib
import http.client
import socket
import ssl
import threading
import time
from datetime import UTC, datetime
from typing import Final

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from activities.connections import connect, ended_after
from activities.delivery_failures import PermanentFailure, TemporaryFailure
from activities.webhook_address import WebhookTarget, addresses_of, check_webhook_url, read_target
from documents.language import N_

__all__ = ["PermanentFailure", "TemporaryFailure", "check_webhook_url", "send_webhook"]

WHOLE_SECONDS: Final = 10.0
ANSWER_BYTES: Final = 64 * 1024
"""How much of an answer is read; the rest is never fetched."""

ADDRESSES_TRIED: Final = 3
"""How many of a host's addresses share the time for connecting: one of its two networks may be down."""

_GONE: Final = 410


def send_webhook(
    url: str,
    secret: str,
    event_id: str,
    timestamp: datetime,
    body: bytes,
    allow: frozenset[str],
    *,
    whole_seconds: float = WHOLE_SECONDS,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Send one event and wait for a 2xx answer.

    Redirects are not followed, proxies of the environment not used. The addresses that were checked are those
    connected to.

    Args:
        url: where to; `https`, unless its `host:port` is in `allow`.
        secret: the signing key, `whsec_` and base64.
        event_id: the same for each retry, so that the receiver knows a repetition.
        timestamp: the instant of sending, aware.
        body: JSON, UTF-8.
        allow: places that may be private, see `read_target`.
        whole_seconds: the limit for everything together.
        tls: what to trust instead of the machine's own authorities.

    Raises:
        TemporaryFailure: no answer, or one that is not 2xx.
        PermanentFailure: a URL or a key that cannot be used, an address inside, a redirect, 410 Gone.
    """
    started = time.monotonic()
    target = read_target(url, allow)
    headers = _signed_headers(secret, event_id, timestamp, body, target)
    addresses = addresses_of(target, allow, whole_seconds)
    left = max(0.1, whole_seconds - (time.monotonic() - started))
    try:
        tried = addresses[:ADDRESSES_TRIED]
        connection = connect(tried, left / len(tried))
    except OSError as error:
        raise _unreachable(target, error) from None
    left = max(0.1, whole_seconds - (time.monotonic() - started))
    try:
        with ended_after(left, connection) as ended:
            connection.settimeout(left)
            status = _exchange(connection, target, body, headers, tls, ended)
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(target, error) from None
    finally:
        connection.close()
    _judge(status, target)


def _signed_headers(
    secret: str, event_id: str, timestamp: datetime, body: bytes, target: WebhookTarget
) -> dict[str, str]:
    instant = timestamp.astimezone(UTC)  # the library takes any instant's digits for UTC
    try:
        signature = Webhook(secret).sign(msg_id=event_id, timestamp=instant, data=body.decode("utf-8"))
    except (EmptyWebhookSecretError, binascii.Error, ValueError, RuntimeError):
        raise PermanentFailure(
            N_("Khóa ký của webhook {host} không dùng được. Tạo khóa mới rồi báo cho bên nhận."), host=target.host
        ) from None
    return {
        "Host": target.authority,
        "Content-Type": "application/json",
        "User-Agent": "dondoc",
        "Accept": "*/*",
        "Connection": "close",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(instant.timestamp())),
        "webhook-signature": signature,
    }


def _exchange(
    connection: socket.socket,
    target: WebhookTarget,
    body: bytes,
    headers: dict[str, str],
    tls: ssl.SSLContext | None,
    ended: threading.Event,
) -> int:
    """Send the request on an open connection and return the answer's status."""
    if target.secure:
        context = tls or ssl.create_default_context()
        connection = context.wrap_socket(connection, server_hostname=target.host)
    exchange = http.client.HTTPConnection(target.host, target.port)
    exchange.sock = connection
    with contextlib.closing(exchange):
        exchange.request("POST", target.path, body=body, headers=headers)
        answer = exchange.getresponse()
        if ended.is_set():  # http.client takes headers that were cut off for whole
            raise TimeoutError
        # The status decides; the answer's words are read so that the receiver can finish, up to a limit.
        with contextlib.suppress(OSError, http.client.HTTPException):
            answer.read(ANSWER_BYTES)
        return answer.status


def _judge(status: int, target: WebhookTarget) -> None:
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise PermanentFailure(
            N_("Webhook {host} chuyển hướng sang nơi khác ({status}) nên không gửi. Ghi lại địa chỉ mới."),
            host=target.host,
            status=status,
        )
    if status == _GONE:
        raise PermanentFailure(
            N_("Webhook {host} báo không còn nhận tin ({status}). Gỡ webhook này hoặc ghi địa chỉ khác."),
            host=target.host,
            status=status,
        )
    raise TemporaryFailure(N_("Webhook {host} trả lời {status}. Tin sẽ được gửi lại."), host=target.host, status=status)


def _unreachable(target: WebhookTarget, error: Exception) -> TemporaryFailure:
    if isinstance(error, ssl.SSLCertVerificationError):
        return TemporaryFailure(
            N_("Chứng thư của webhook {host} không đúng. Tin chưa gửi và sẽ được gửi lại khi chứng thư đúng."),
            host=target.host,
        )
    if isinstance(error, (TimeoutError, http.client.HTTPException, ConnectionResetError)):
        return TemporaryFailure(
            N_("Webhook {host} không trả lời kịp hoặc trả lời sai cách. Tin sẽ được gửi lại."), host=target.host
        )
    return TemporaryFailure(N_("Chưa kết nối được webhook {host}. Tin sẽ được gửi lại."), host=target.host)
