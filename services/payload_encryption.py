"""What Temporal stores is encrypted here: payloads and the words of failures, with AES-256-GCM (decision 0014)."""

import os
from collections.abc import Sequence
from typing import Final

from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverterWithEncodedAttributes, PayloadCodec, PayloadConverter

from documents.language import N_, Language, sentence
from models.payload_keys import PayloadKey

ENCODING: Final = b"binary/encrypted"
CIPHER: Final = b"AES-256-GCM"
NONCE_BYTES: Final = 12

_MISSING = N_(
    "Dữ liệu của Temporal được mã hóa bằng khóa {key}, phần này không có khóa đó. "
    "Đưa lại khóa vào DONDOC_TEMPORAL_KEYS rồi khởi động lại; chưa có gì bị mất."
)
_DAMAGED = N_("Dữ liệu của Temporal mã hóa bằng khóa {key} đã bị sửa, hoặc khóa này không phải khóa lúc đầu.")
_PLAIN = N_(
    "Temporal còn giữ dữ liệu chưa mã hóa, mà DONDOC_TEMPORAL_REFUSE_PLAIN đã bật. "
    "Tạm tắt cài đặt đó, chạy “dondoc keys renew”, rồi bật lại."
)


class PayloadRefused(Exception):
    """Something in Temporal cannot be read with our keys; nothing of it is shown.

    `message` is a msgid with named holes; `str()` is the Vietnamese sentence, which the workers' log has.
    """

    def __init__(self, message: str, **data: str) -> None:
        super().__init__(message)
        self.message = message
        self.data = data

    def __str__(self) -> str:
        return sentence(self.message, Language.VI, **self.data)


class EncryptingCodec(PayloadCodec):
    """Writes with the first key, reads with any; what was written before there was a key is read as it is."""

    def __init__(self, keys: Sequence[PayloadKey], *, refuses_plain: bool = False) -> None:
        """Take the keys, at least one.

        Args:
            refuses_plain: what is not encrypted is not read.
        """
        from cryptography.exceptions import InvalidTag  # loaded by whoever encrypts, and by nobody else
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._broken = (InvalidTag, DecodeError, ValueError)
        self._writing = keys[0].id.encode()
        self._ciphers = {key.id.encode(): AESGCM(key.secret) for key in keys}
        self._refuses_plain = refuses_plain

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt."""
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt.

        Raises:
            PayloadRefused: the key is missing, or what is there was changed.
        """
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._writing].encrypt(nonce, payload.SerializeToString(), _bound(self._writing))
        metadata = {"encoding": ENCODING, "encryption-cipher": CIPHER, "encryption-key-id": self._writing}
        return Payload(metadata=metadata, data=nonce + sealed)

    def _opened(self, payload: Payload) -> Payload:
        key = key_id_of(payload)
        if key is None:
            if self._refuses_plain:
                raise PayloadRefused(_PLAIN)
            return payload
        name = key.decode(errors="replace")
        cipher = self._ciphers.get(key)
        if cipher is None:
            raise PayloadRefused(_MISSING, key=name)
        try:
            plain = cipher.decrypt(payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:], _bound(key))
            return Payload.FromString(plain)
        except self._broken:
            raise PayloadRefused(_DAMAGED, key=name) from None


class ConcealingFailureConverter(DefaultFailureConverterWithEncodedAttributes):
    """Moves message and stack trace of a failure, and of every cause of it, to where the codec encrypts them.

    The SDK's own does so for a failure that it makes; the causes of one that it hands on it copies in clear.
    """

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """Write an exception as a failure."""
        if isinstance(exception, PayloadRefused):  # it names a key and nothing else; a longer one the server would cut
            failure.message = str(exception)
            failure.application_failure_info.type = type(exception).__name__
            return
        super().to_failure(exception, payload_converter, failure)
        while failure.HasField("cause"):
            failure = failure.cause
            if failure.message != _CONCEALED or failure.stack_trace:
                told = {"message": failure.message, "stack_trace": failure.stack_trace}
                failure.encoded_attributes.CopyFrom(payload_converter.to_payloads([told])[0])
                failure.message, failure.stack_trace = _CONCEALED, ""


_CONCEALED: Final = "Encoded failure"
"""What the SDK writes in place of a message that was moved."""


def key_id_of(payload: Payload) -> bytes | None:
    """With which key a payload is encrypted; None when it is plain."""
    if payload.metadata.get("encoding") != ENCODING:
        return None
    return payload.metadata.get("encryption-key-id", b"")


def _bound(key: bytes) -> bytes:
    """What is authenticated beside the content: what kind it is, and with which key."""
    return b"\0".join((b"dondoc 1", ENCODING, CIPHER, key))
