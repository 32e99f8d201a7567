"""A provider of identities that lies as a test wants: a real server on loopback, with keys of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT_ID, SUBJECT, EMAIL = "portico", "subject-1", "mia@forged.example"
Sign = Callable[["Forger", dict[str, Any]], Any]


class Forger:
    """metadata: over what an honest discovery document says. sign: (self, honest claims) → the id_token. userinfo: its answer.

    asked: the forms that came to the token endpoint.
    """

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.metadata: dict[str, Any] = {}
        self.keys: list[dict[str, Any]] = [self.jwk(self.key, "one")]
        self.sign: Sign = honest
        self.userinfo: dict[str, Any] = {}
        self.codes: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.paths: list[str] = []

    @staticmethod
    def jwk(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
        return json.loads(RSAAlgorithm.to_jwk(key.public_key())) | {"kid": kid, "use": "sig", "alg": "RS256"}

    def public_pem(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + "/auth",
            "token_endpoint": self.issuer + "/token",
            "jwks_uri": self.issuer + "/keys",
            "userinfo_endpoint": self.issuer + "/userinfo",
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        } | self.metadata

    def claims(self, nonce: str) -> dict[str, Any]:
        moment = int(time.time())
        return {"iss": self.issuer, "sub": SUBJECT, "aud": CLIENT_ID, "iat": moment, "exp": moment + 300, "nonce": nonce,
                "email": EMAIL, "email_verified": True, "name": "Mia Forged", "auth_time": moment}

    def back(self, location: str, **more: str) -> str:
        """The path and query with which an honest provider would send the browser back from there."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked["nonce"]
        query = "&".join(f"{name}={value}" for name, value in {"code": code, "state": asked["state"], **more}.items())
        return urlsplit(asked["redirect_uri"]).path + "?" + query

    def answer(self, path: str, form: Mapping[str, str]) -> tuple[int, Any]:
        self.paths.append(path)
        if path == "/.well-known/openid-configuration":
            return 200, self.document()
        if path == "/keys":
            return 200, {"keys": self.keys}
        if path == "/userinfo":
            return 200, self.userinfo
        if path == "/token":
            self.asked.append(dict(form))
            nonce = self.codes.pop(form.get("code", ""), None)
            if nonce is None:
                return 400, {"error": "invalid_grant"}
            return 200, {"id_token": self.sign(self, self.claims(nonce)), "access_token": "access", "token_type": "Bearer"}
        return 404, {}


def honest(forger: Forger, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, forger.key, "RS256", {"kid": "one"})


@contextmanager
def forging() -> Iterator[Forger]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def _answer(self, form: Mapping[str, str]) -> None:
            status, content = forger.answer(urlsplit(self.path).path, form)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forger = Forger(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))  # its end is noticed that often
    thread.start()
    try:
        yield forger
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
