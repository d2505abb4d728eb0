"""The proxy of `deploy/caddy/Caddyfile`, the real one: what it agrees to speak, and what it tells the web part.

sslyze, run by hand with Mozilla's "intermediate" profile, finds the same; it is no dependency of ours.
"""

import http.client
import http.server
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dondoc_command import until
from temporal_server import free_port

pytestmark = pytest.mark.server

EXAMPLE = Path(__file__).parents[2] / "deploy/caddy/Caddyfile"
ON_A_TEST_MACHINE = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n"
"""No port of its own, no certificate put among those that this machine trusts."""


class _TellsWhatItHeard(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # the name is the library's
        body = json.dumps(dict(self.headers)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port at which the example's proxy answers."""
    folder, port = tmp_path_factory.mktemp("caddy"), free_port()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _TellsWhatItHeard) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        example = EXAMPLE.read_text(encoding="utf-8")
        assert example.count("dondoc.example.vn {") == example.count("127.0.0.1:8000") == 1
        here = example.replace("dondoc.example.vn {", f"localhost:{port} {{")
        here = here.replace("127.0.0.1:8000", f"127.0.0.1:{web.server_port}")
        (folder / "Caddyfile").write_text(ON_A_TEST_MACHINE + here, encoding="utf-8")
        command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data")}
        with (folder / "log").open("w") as log, subprocess.Popen(command, env=environment, stderr=log) as caddy:
            try:
                until(lambda: agreed(port, speaking()) is not None)
                yield port
            finally:
                caddy.terminate()
        web.shutdown()


def speaking(
    suites: str = "DEFAULT",
    least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(f"{suites}:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = least, most
    return context


def agreed(port: int, context: ssl.SSLContext) -> tuple[str | None, str] | None:
    """Version and suite that the proxy agrees to; None when it speaks with nobody like that."""
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 5) as connection,
            context.wrap_socket(connection, server_hostname="localhost") as secured,
        ):
            suite = secured.cipher()
            return secured.version(), suite[0] if suite else ""
    except OSError:
        return None


@pytest.mark.filterwarnings("ignore:.*TLSv1:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_who_speaks_nothing_newer_than_tls_1_1_is_turned_away(proxy: int, version: ssl.TLSVersion) -> None:
    assert agreed(proxy, speaking("ALL:COMPLEMENTOFALL", version, version)) is None


def test_it_speaks_tls_1_3_with_who_can_and_1_2_with_who_cannot(proxy: int) -> None:
    old = agreed(proxy, speaking(most=ssl.TLSVersion.TLSv1_2))
    new = agreed(proxy, speaking())

    assert new is not None
    assert new[0] == "TLSv1.3"
    assert old is not None
    assert old[0] == "TLSv1.2"


def test_every_suite_of_tls_1_2_that_it_agrees_to_is_ephemeral_and_authenticated(proxy: int) -> None:
    only = ssl.TLSVersion.TLSv1_2
    known = [one["name"] for one in speaking("ALL:COMPLEMENTOFALL", only, only).get_ciphers()]
    suites = [name for name in known if not name.startswith("TLS_")]

    taken = {told[1] for name in suites if (told := agreed(proxy, speaking(name, only, only)))}

    assert len(suites) > 50
    assert taken
    assert {
        name for name in taken if not (name.startswith("ECDHE-") and ("GCM" in name or "CHACHA20" in name))
    } == set()


def test_browsers_are_told_to_come_by_tls_only_and_the_web_part_hears_who_asks_from_the_proxy_alone(proxy: int) -> None:
    connection = http.client.HTTPSConnection("localhost", proxy, context=speaking(), timeout=10)
    connection.request("GET", "/", headers={"X-Forwarded-For": "203.0.113.9"})
    answer = connection.getresponse()
    heard = json.loads(answer.read())
    connection.close()

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert heard["X-Forwarded-For"] in ("127.0.0.1", "::1")
    assert heard["X-Forwarded-Proto"] == "https"
