"""TLS in front of a real PostgreSQL, as a hoster's does it: answers the client's SSLRequest, then passes bytes on."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

SSL_REQUEST = (80877103).to_bytes(4, "big")


class Authority:
    """`file`: its own certificate, for those who trust it."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "An authority of a test")])
        self.file = folder / "authority.pem"
        built = self._built(self._name, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.file.write_bytes(built.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def certificate(self, host: str, ends: dt.timedelta = dt.timedelta(days=1)) -> Path:
        """A server's certificate and key for this name. ends: from now, less than nothing for one that has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        built = self._built(subject, key, ends).add_extension(names, critical=False).sign(self._key, hashes.SHA256())
        file = self._folder / f"{host}.pem"
        file.write_bytes(built.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return file

    def _built(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, ends: dt.timedelta = dt.timedelta(days=1)
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
                .not_valid_after(now + ends))


@contextmanager
def tls_front(certificate: Path, port: int) -> Iterator[int]:
    """The port on 127.0.0.1 in front of the one given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=(listening, context, port), daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def _serve(listening: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError):
        while True:
            client, _address = listening.accept()
            threading.Thread(target=_pass_on, args=(client, context, port), daemon=True).start()


def _pass_on(client: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError), client:
        if client.recv(8)[4:] != SSL_REQUEST:
            return  # speaks no word without TLS
        client.sendall(b"S")
        with context.wrap_socket(client, server_side=True) as secured, socket.create_connection(("127.0.0.1", port)) as server:
            back = threading.Thread(target=_copy, args=(server, secured), daemon=True)
            back.start()
            _copy(secured, server)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
