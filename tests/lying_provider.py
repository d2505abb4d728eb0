"""An OpenID Connect provider of its own process: `python lying_provider.py PORT`. It can lie in each field.

It signs in whomever the last `POST /say` named, without asking. Codes are good once and bound to their verifier.
"""

import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import httpx2
import uvicorn
from fastapi import Body, FastAPI, Form, Header
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "dondoc", "the secret of a client on trial"


@dataclass
class Told:
    """What the provider says next.

    Attributes:
        claims: of the person, over the usual ones.
        lie: which field is wrong; empty for none. `told_later` is no lie: the address stands in userinfo alone.
    """

    claims: dict[str, Any] = field(default_factory=dict)
    lie: str = ""


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def written(part: dict[str, Any]) -> str:
    """A part of a token, unsigned."""
    return base64url(json.dumps(part).encode())


def build(issuer: str) -> FastAPI:  # noqa: C901 - a provider is a handful of routes
    app = FastAPI()
    own, foreign = RSAKey.generate_key(2048, auto_kid=True), RSAKey.generate_key(2048, auto_kid=True)
    told = Told()
    codes: dict[str, dict[str, str]] = {}

    @app.post("/say")
    def say(claims: Annotated[dict[str, Any], Body()], lie: Annotated[str, Body()] = "") -> None:
        told.claims, told.lie = claims, lie

    @app.get("/.well-known/openid-configuration")
    def describe() -> dict[str, Any]:
        token = "http://evil.example/token" if told.lie == "plain_http" else f"{issuer}/token"
        return {
            "issuer": "https://another.example" if told.lie == "described_issuer" else issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": token,
            "jwks_uri": f"{issuer}/keys",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "end_session_endpoint": f"{issuer}/end",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "authorization_response_iss_parameter_supported": True,
        }

    @app.get("/keys")
    def keys() -> dict[str, Any]:
        return dict(KeySet([own]).as_dict(private=False))

    @app.get("/authorize")
    def authorize(
        client_id: str,
        redirect_uri: str,
        state: str,
        nonce: str,
        code_challenge: str,
        code_challenge_method: str,
        response_type: str,
        scope: str,
    ) -> RedirectResponse:
        assert (client_id, response_type, code_challenge_method) == (CLIENT_ID, "code", "S256")
        assert "openid" in scope.split()
        code = secrets.token_urlsafe(16)
        codes[code] = {"nonce": nonce, "challenge": code_challenge, "redirect_uri": redirect_uri}
        answer = {"code": code, "state": state, "iss": issuer}
        match told.lie:
            case "state":
                answer["state"] = "another"
            case "answered_issuer":
                answer["iss"] = "https://another.example"
            case "silent_issuer":
                del answer["iss"]
            case "error":
                answer = {"error": "access_denied", "state": state, "iss": issuer}
        return RedirectResponse(f"{redirect_uri}?{urlencode(answer)}", 303)

    @app.post("/token")
    def token(
        code: Annotated[str, Form()],
        code_verifier: Annotated[str, Form()],
        redirect_uri: Annotated[str, Form()],
        authorization: Annotated[str, Header()],
    ) -> JSONResponse:
        if base64.b64decode(authorization.removeprefix("Basic ")).decode() != f"{CLIENT_ID}:{CLIENT_SECRET}":
            return JSONResponse({"error": "invalid_client"}, 401)
        challenge = base64url(hashlib.sha256(code_verifier.encode()).digest())
        known = codes.pop(code, None)
        if known is None or (known["challenge"], known["redirect_uri"]) != (challenge, redirect_uri):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {"access_token": "access", "token_type": "Bearer", "id_token": identity_token(known["nonce"])}
        )

    def identity_token(nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": issuer, "aud": CLIENT_ID, "sub": "s-1", "nonce": nonce, "iat": now, "exp": now + 300}
        claims |= told.claims
        wrong: dict[str, dict[str, Any]] = {
            "issuer": {"iss": "https://another.example"},
            "audience": {"aud": "another client"},
            "party": {"aud": [CLIENT_ID, "another"], "azp": "another"},
            "nonce": {"nonce": "another"},
            "expired": {"iat": now - 900, "exp": now - 600},
            "future": {"iat": now + 900, "exp": now + 1200},
        }
        claims |= wrong.get(told.lie, {})
        for left_out in ("nonce", "exp", "sub", "iss", "aud"):
            if told.lie == f"no_{left_out}":
                del claims[left_out]
        if told.lie in ("userinfo", "told_later"):
            claims.pop("email", None)
        if told.lie == "unsigned":
            return f"{written({'alg': 'none', 'typ': 'JWT'})}.{written(claims)}."
        if told.lie == "shared_secret":  # signed with what everybody knows, the public key
            content = f"{written({'alg': 'HS256', 'kid': own.kid})}.{written(claims)}"
            return f"{content}.{base64url(hmac.digest(own.as_pem(private=False), content.encode(), 'sha256'))}"
        if told.lie == "signature":
            return jwt.encode({"alg": "RS256", "kid": own.kid}, claims, foreign)
        return jwt.encode({"alg": "RS256", "kid": own.kid}, claims, own)

    @app.get("/end")
    def end(client_id: str, post_logout_redirect_uri: str) -> HTMLResponse:
        assert client_id == CLIENT_ID
        title = "<title>Provider</title><link rel='icon' href='data:,'>"
        return HTMLResponse(f"{title}Signed out of the provider. <a href='{post_logout_redirect_uri}'>Back</a>")

    @app.get("/userinfo")
    def userinfo(authorization: Annotated[str, Header()]) -> dict[str, Any]:
        assert authorization == "Bearer access"
        subject = "s-9" if told.lie == "userinfo" else told.claims.get("sub", "s-1")
        return {"name": "Người Mới", **told.claims, "sub": subject}

    return app


@dataclass(frozen=True)
class RunningProvider:
    """The provider as a test speaks with it."""

    issuer: str

    def says(self, lie: str = "", **claims: Any) -> None:
        httpx2.post(f"{self.issuer}/say", json={"claims": claims, "lie": lie}, trust_env=False).raise_for_status()

    def signs_in(self, address: str) -> str:
        """What a browser does there: follow the address; returns where it is sent back to."""
        answer = httpx2.get(address, trust_env=False)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])


@contextlib.contextmanager
def running_provider() -> Iterator[RunningProvider]:
    """Run one for the tests of a process."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    process = subprocess.Popen([sys.executable, str(Path(__file__)), str(port)])
    try:
        give_up_at = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                break
            assert process.poll() is None, "the provider ended"
            assert time.monotonic() < give_up_at, "the provider did not start"
            time.sleep(0.05)
        yield RunningProvider(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    uvicorn.run(build(f"http://127.0.0.1:{sys.argv[1]}"), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
