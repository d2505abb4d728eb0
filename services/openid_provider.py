"""The office's OpenID Connect provider: where it is, sending people to it, and proving what they bring back.

Authorization code flow with PKCE (S256), state and nonce. Sources: OpenID Connect Core 1.0, RFC 7636, RFC 9207.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError, field_validator

from models.safe_address import is_safe_address, is_this_machine

SECONDS: Final = 10.0
"""How long one answer of the provider may take."""

LEEWAY: Final = 60
"""Seconds by which its clock may differ from ours."""

DISCOVERED_FOR: Final = 300.0
"""Seconds for which what it says of itself is kept; its keys are asked for at every sign-in."""

ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""Signatures that only the provider can make; never `none`, never one made with a secret that both know."""


class ProviderAway(Exception):
    """The provider does not answer, or not as it should; `str()` is for the log."""


class NotProven(Exception):
    """What somebody brought back does not prove who he is; `str()` is for the log."""


class Metadata(BaseModel):
    """What a provider says of itself (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False

    @field_validator(
        "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"
    )
    @classmethod
    def _require_safe(cls, url: str | None) -> str | None:
        if url is not None and not is_safe_address(url):
            raise ValueError("neither https nor on this machine")
        return url


@dataclass
class Provider:
    """One provider, as the settings name it.

    Attributes:
        client_secret: empty for a public client.
        return_address: where people come back to, as registered at the provider.
    """

    issuer: str
    client_id: str
    client_secret: str
    scopes: str
    return_address: str
    _known: tuple[float, Metadata] | None = field(default=None, repr=False)

    def metadata(self) -> Metadata:
        """What it says of itself.

        Raises:
            ProviderAway: it says nothing, or that it is another one.
        """
        if self._known is not None and time.monotonic() - self._known[0] < DISCOVERED_FOR:
            return self._known[1]
        answer = self._asked(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            found = Metadata.model_validate(answer)
        except ValidationError as fault:
            raise ProviderAway(f"its description: {fault.error_count()} faults") from fault
        if found.issuer != self.issuer:
            raise ProviderAway("its description is of another issuer")
        self._known = (time.monotonic(), found)
        return found

    def address_to_sign_in(self, state: str, nonce: str, verifier: str) -> str:
        """Where to send somebody.

        Raises:
            ProviderAway: it does not answer.
        """
        metadata = self.metadata()
        with self._client(metadata) as client:
            address, _ = client.create_authorization_url(
                metadata.authorization_endpoint, state=state, nonce=nonce, code_verifier=verifier
            )
        return str(address)

    def address_to_sign_out(self, back: str) -> str | None:
        """Where to send somebody who leaves; None when it has no such place.

        Raises:
            ProviderAway: it does not answer.
        """
        end = self.metadata().end_session_endpoint
        return add_params_to_uri(end, {"client_id": self.client_id, "post_logout_redirect_uri": back}) if end else None

    def claims(self, code: str, nonce: str, verifier: str, wanted: Iterable[str]) -> dict[str, Any]:
        """What the provider says of the person for whom it gave this code.

        Args:
            wanted: claims for which it is asked once more where the token does not hold them.

        Raises:
            NotProven: the code or the token is not good.
            ProviderAway: it does not answer.
        """
        metadata = self.metadata()
        with self._client(metadata) as client:
            try:
                token = client.fetch_token(
                    metadata.token_endpoint, grant_type="authorization_code", code=code, code_verifier=verifier
                )
                claims = self._proven(metadata, token, nonce)
                if metadata.userinfo_endpoint and not claims.keys() >= set(wanted):
                    told = client.get(metadata.userinfo_endpoint).raise_for_status().json()
                    if not isinstance(told, dict) or told.get("sub") != claims["sub"]:
                        raise NotProven("userinfo is of somebody else")
                    claims = told | claims
            except OAuthError as refused:
                raise NotProven(f"the code: {refused.error}") from refused
            except (httpx2.HTTPError, ValueError, TypeError) as fault:
                raise ProviderAway(f"its answer: {type(fault).__name__}") from fault
        return claims

    def _proven(self, metadata: Metadata, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        """The claims of an identity token that is signed by this provider, for us, for this attempt, and lives."""
        keys = self._asked(metadata.jwks_uri)
        allowed = sorted(ALGORITHMS & set(metadata.id_token_signing_alg_values_supported))
        try:
            decoded = jwt.decode(
                str(token["id_token"]), KeySet.import_key_set({"keys": keys["keys"]}), algorithms=allowed
            )
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {"iss": {"essential": True, "value": self.issuer}, "aud": {"essential": True, "value": self.client_id}},
                {"nonce": nonce, "client_id": self.client_id, "access_token": token.get("access_token")},
            )
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as fault:
            raise NotProven(f"the token: {fault}") from fault
        return dict(claims)

    def _asked(self, address: str) -> dict[str, Any]:
        try:
            with httpx2.Client(timeout=SECONDS, trust_env=_is_elsewhere(self.issuer)) as client:
                answer = client.get(address).raise_for_status().json()
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as fault:
            raise ProviderAway(f"{urlsplit(address).path}: {type(fault).__name__}") from fault
        if not isinstance(answer, dict):
            raise ProviderAway(f"{urlsplit(address).path}: no object")
        return answer

    def _client(self, metadata: Metadata) -> OAuth2Client:
        methods = metadata.token_endpoint_auth_methods_supported
        way = "client_secret_post" if "client_secret_basic" not in methods else "client_secret_basic"
        return OAuth2Client(
            self.client_id,
            self.client_secret or None,
            token_endpoint_auth_method=way if self.client_secret else "none",
            scope=self.scopes,
            redirect_uri=self.return_address,
            code_challenge_method="S256",
            timeout=SECONDS,
            trust_env=_is_elsewhere(self.issuer),
        )


def _is_elsewhere(url: str) -> bool:
    """Whether an address is on another machine; only then a proxy of the environment may stand between."""
    return not is_this_machine(urlsplit(url).hostname or "")
