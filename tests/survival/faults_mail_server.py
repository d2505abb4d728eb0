"""A mail server that can be told to misbehave, and notes what it got and how."""

import asyncio
import contextlib
import email
import email.policy
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path

CERTIFICATE = Path(__file__).parents[1] / "activities" / "certificates" / "localhost.pem"
LONGEST_MAIL = 50_000_000


class Fault(StrEnum):
    """How it misbehaves towards everybody."""

    NONE = "none"
    SILENT = "silent"  # takes the connection and never greets
    DRIPPING = "dripping"  # one byte at a time, for ever
    CLOSING = "closing"  # 421 instead of a greeting
    CLOSING_LATER = "closing_later"  # 421 at every second mail of a connection
    NO_STARTTLS = "no_starttls"  # offers no encryption any more
    LYING_STARTTLS = "lying_starttls"  # offers it, and refuses it when asked


@dataclass
class BadMailServer:
    """One port that stays the same whether it is open or closed.

    Attributes:
        refused: the answer to RCPT for an address.
        hangs_up_over: words for which it ends the conversation once it has read a mail that holds them.
        received: whole messages, in the order of arrival.
        in_clear: what was said of a message before the connection was encrypted, where it must be.
    """

    port: int
    starttls: bool = False
    fault: Fault = Fault.NONE
    drip_seconds: float = 0.05
    refused: dict[str, str] = field(default_factory=dict)
    received: list[EmailMessage] = field(default_factory=list)
    in_clear: list[str] = field(default_factory=list)
    connections: int = 0
    hangs_up_over: str = ""

    def people(self) -> Counter[str]:
        """How many mails each address got."""
        return Counter(str(message["X-Reached"]) for message in self.received)

    def identities(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.received]

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Listen while the block runs; outside it the port is closed."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        over = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            talk = asyncio.ensure_future(_Session(self, reader, writer).talk())
            end = asyncio.ensure_future(over.wait())
            await asyncio.wait((talk, end), return_when=asyncio.FIRST_COMPLETED)
            for task in (talk, end):
                task.cancel()
            await asyncio.gather(talk, end, return_exceptions=True)
            writer.close()
            with contextlib.suppress(OSError, ssl.SSLError, TimeoutError):
                async with asyncio.timeout(1):
                    await writer.wait_closed()

        async def listen() -> asyncio.Server:
            return await asyncio.start_server(serve, "127.0.0.1", self.port, limit=LONGEST_MAIL)

        async def close() -> None:
            server.close()
            over.set()
            talking = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            await asyncio.wait_for(asyncio.gather(*talking, return_exceptions=True), 10)

        server = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(close(), loop).result(15)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()


class _Session:
    """One conversation."""

    def __init__(self, server: BadMailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.fault = server.fault
        self.encrypted = False
        self.mails = 0
        self.recipients: list[str] = []

    async def talk(self) -> None:
        with contextlib.suppress(OSError, ssl.SSLError, asyncio.IncompleteReadError):
            if self.fault is Fault.SILENT:
                await self.reader.read()
            elif self.fault is Fault.DRIPPING:
                await self._drip()
            elif self.fault is Fault.CLOSING:
                await self._say("421 4.3.2 closing for maintenance")
            else:
                await self._say("220 localhost ready")
                while await self._answer((await self.reader.readuntil(b"\r\n")).decode().strip()):
                    pass

    async def _drip(self) -> None:
        while True:
            for byte in b"220-one byte at a time\r\n":
                self.writer.write(bytes([byte]))
                await self.writer.drain()
                await asyncio.sleep(self.server.drip_seconds)

    async def _say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self.writer.drain()

    async def _answer(self, line: str) -> bool:
        """Answer one command; False ends the conversation."""
        verb = line.partition(" ")[0].upper()
        if verb in ("MAIL", "RCPT", "DATA", "AUTH") and self.server.starttls and not self.encrypted:
            self.server.in_clear.append(line)
        match verb:
            case "EHLO" | "HELO":
                offers = self.server.starttls and not self.encrypted and self.fault is not Fault.NO_STARTTLS
                await self._say("250-localhost", *(["250-STARTTLS"] if offers else []), "250 8BITMIME")
            case "STARTTLS" if self.fault is Fault.LYING_STARTTLS:
                await self._say("454 4.7.0 TLS not available due to temporary reason")
            case "STARTTLS":
                await self._say("220 go ahead")
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(CERTIFICATE)
                await self.writer.start_tls(context)
                self.encrypted = True
            case "MAIL":
                self.mails += 1
                if self.fault is Fault.CLOSING_LATER and self.mails == 2:
                    await self._say("421 4.7.0 too many mails")
                    return False
                self.recipients = []
                await self._say("250 OK")
            case "RCPT":
                return await self._recipient(line.partition("<")[2].partition(">")[0])
            case "DATA":
                return await self._data()
            case "QUIT":
                await self._say("221 bye")
                return False
            case _:
                await self._say("250 OK")
        return True

    async def _recipient(self, address: str) -> bool:
        answer = self.server.refused.get(address, "250 OK")
        if answer.startswith("250"):
            self.recipients.append(address)
        await self._say(answer)
        return not answer.startswith("421")

    async def _data(self) -> bool:
        await self._say("354 go on")
        raw = (await self.reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        if self.server.hangs_up_over and self.server.hangs_up_over in _words(message):
            return False
        message["X-Reached"] = self.recipients[0]
        self.server.received.append(message)
        await self._say("250 OK")
        return True


def _words(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()) if body else ""
