"""Temporal behind TLS: a real server, and before it what an office would put there; each side must prove who it is."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from models.engine_link import EngineLink, EngineTls
from services.temporal import connect_by

pytestmark = pytest.mark.server


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, as PEM."""

    pem: bytes
    key: bytes


class Authority:
    """Signs certificates, in this process and for this test."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.pem = self._signed(self._name, self._key.public_key(), x509.BasicConstraints(ca=True, path_length=None))

    def certificate(self, name: str) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        names: x509.GeneralName = x509.DNSName(name)
        with contextlib.suppress(ValueError):
            names = x509.IPAddress(ipaddress.ip_address(name))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        pem = self._signed(subject, key.public_key(), x509.SubjectAlternativeName([names]))
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return Certificate(pem, secret)

    def _signed(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, extension: x509.ExtensionType) -> bytes:
        now = dt.datetime.now(dt.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(extension, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM)


OFFICE, STRANGER = Authority("office"), Authority("stranger")


@contextlib.asynccontextmanager
async def behind_tls(temporal: str, certificate: Certificate, clients: Authority, folder: Path) -> AsyncIterator[str]:
    """Put TLS before a server, asking clients for a certificate of one authority; yields the address."""
    (folder / "server.pem").write_bytes(certificate.pem + certificate.key)
    (folder / "clients.pem").write_bytes(clients.pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "clients.pem"))
    context.load_cert_chain(folder / "server.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    host, _, port = temporal.rpartition(":")
    opened: list[asyncio.StreamWriter] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            while part := await reader.read(65_536):
                writer.write(part)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, int(port))
        opened.extend((writer, back))
        await asyncio.gather(pass_on(reader, back), pass_on(there, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in opened:
            writer.transport.abort()
        await asyncio.sleep(0.1)


async def answers(link: EngineLink) -> bool:
    try:
        client = await asyncio.wait_for(connect_by(link), 10)
        return await client.service_client.check_health()
    except RuntimeError:
        return False


async def test_temporal_answers_over_tls_when_both_sides_prove_who_they_are_and_never_otherwise(
    temporal_address: str, tmp_path: Path
) -> None:
    ours, strangers = OFFICE.certificate("worker"), STRANGER.certificate("worker")

    def tls(certificate: Certificate | None, ca: bytes = OFFICE.pem, name: str | None = None) -> EngineTls:
        pem, key = (certificate.pem, certificate.key) if certificate else (None, None)
        return EngineTls(ca=ca, certificate=pem, key=key, server_name=name)

    async with behind_tls(temporal_address, OFFICE.certificate("127.0.0.1"), OFFICE, tmp_path) as address:
        assert await answers(EngineLink(address, tls=tls(ours)))
        assert not await answers(EngineLink(address)), "in clear"
        assert not await answers(EngineLink(address, tls=tls(None))), "without a certificate of ours"
        assert not await answers(EngineLink(address, tls=tls(strangers))), "with one that a stranger signed"
        assert not await answers(EngineLink(address, tls=tls(ours, STRANGER.pem))), "a server that we do not trust"
        assert not await answers(EngineLink(address, tls=EngineTls())), "a server that this machine does not trust"
        assert not await answers(EngineLink(address, tls=tls(ours, name="temporal"))), "another name than we expect"
    async with behind_tls(temporal_address, OFFICE.certificate("temporal"), OFFICE, tmp_path) as address:
        assert not await answers(EngineLink(address, tls=tls(ours))), "its name is not that of the address"
        assert await answers(EngineLink(address, tls=tls(ours, name="temporal")))
