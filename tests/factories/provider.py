"""A small OpenID Connect provider that really listens: code flow, PKCE, signed ID tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "assay", "a shared secret"


class Provider:
    """`claims` are of the one who is signed in there; `spoil` changes ID tokens to test with."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.claims: dict[str, Any] = {}
        self.spoil: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()
        handler = type("Handler", (_Handler,), {"provider": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def settings(self) -> dict[str, Any]:
        """How the hub is told of it."""
        return {
            "OIDC_ENABLED": True,
            "OIDC_NAME": "Acme ID",
            "OIDC_ISSUER": self.url,
            "OIDC_RP_CLIENT_ID": CLIENT,
            "OIDC_RP_CLIENT_SECRET": SECRET,
            "OIDC_OP_AUTHORIZATION_ENDPOINT": f"{self.url}/authorize",
            "OIDC_OP_TOKEN_ENDPOINT": f"{self.url}/token",
            "OIDC_OP_USER_ENDPOINT": f"{self.url}/userinfo",
            "OIDC_OP_JWKS_ENDPOINT": f"{self.url}/jwks",
            "OIDC_RP_SIGN_ALGO": "RS256",
            "OIDC_RP_SCOPES": "openid profile email",
            "OIDC_USE_PKCE": True,
            "OIDC_RENEW_ID_TOKEN_EXPIRY_SECONDS": 900,
            "LOGIN_REDIRECT_URL_FAILURE": "/admin/login/?refused=1",
        }

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        told = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        claims = {**told, "sub": self.claims["sub"], **self.spoil}
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})

    def jwks(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]}


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/authorize":
            code = secrets.token_urlsafe(8)
            self.provider.codes[code] = asked
            answer = urlencode({"code": code, "state": asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{answer}")
            self.end_headers()
        elif parts.path == "/jwks":
            self._json(200, self.provider.jwks())
        elif parts.path == "/userinfo" and self._bearer() in self.provider.tokens:
            self._json(200, self.provider.claims)
        else:
            self._json(401, {"error": "invalid_token"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.provider.codes.pop(sent.get("code", ""), None)
        if asked is None or sent.get("client_secret") != SECRET or not _proved(asked, sent):
            return self._json(400, {"error": "invalid_grant"})
        token = secrets.token_urlsafe(16)
        self.provider.tokens.add(token)
        id_token = self.provider.id_token(asked.get("nonce", ""))
        return self._json(
            200, {"access_token": token, "token_type": "Bearer", "id_token": id_token}
        )

    def _bearer(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


def _proved(asked: dict[str, str], sent: dict[str, str]) -> bool:
    """PKCE: whoever redeems the code is who asked for it."""
    digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
    told = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return asked.get("code_challenge_method") == "S256" and asked.get("code_challenge") == told
