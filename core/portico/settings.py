"""The installation's settings: the ini file and the environment, read once into one typed value. An unknown key is an error.

`portico.x = …` in the ini file and `PORTICO_X` in the environment name the same setting; the environment wins.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network
_NOT_SETTINGS = {"PORTICO_CONFIG", "PORTICO_FULL", "PORTICO_TESTS_MUST_RUN", "PORTICO_TEST_DATABASE_URL"}

_LISTED = re.compile(r"(\*\.)?([a-z0-9_]([a-z0-9_-]{0,62})\.)*(?![0-9]+\Z|0x[0-9a-f]*\Z)[a-z0-9_]([a-z0-9_-]{0,62})")
"""A host or all below one; never what a resolver would read as an address."""
_SECRET = {"master_key", "database_url", "app_database_url"}
"""Whose values are not repeated on a screen."""


class SettingsError(ValueError):
    """A setting that is unknown or cannot be read; the text names it and says what is expected."""


class Allowance(NamedTuple):
    """How many requests in a window: of one person, from one address, of all members of one company. 0: no limit."""

    person: int
    address: int
    company: int

    def __str__(self) -> str:
        return f"{self.person} {self.address} {self.company}"

    @classmethod
    def read(cls, text: str) -> Allowance:
        """Raises ValueError."""
        numbers = [int(part) for part in text.replace(",", " ").split()]
        if len(numbers) != 3 or min(numbers) < 0:
            raise ValueError("expected three numbers, of a person, an address and a company: 1200 6000 120000")
        return cls(*numbers)


class Listed(NamedTuple):
    """What the portal may call at all. hosts: names in lower case, `*.example.com` for all below that name. None of both: there
    is no list.
    """

    hosts: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.hosts or self.networks)

    @classmethod
    def read(cls, text: str) -> Listed:
        """Raises ValueError."""
        hosts, networks = [], []
        for part in text.replace(",", " ").split():
            try:
                networks.append(ip_network(part.strip("[]")))
            except ValueError:
                name = part.lower().rstrip(".")
                if not _LISTED.fullmatch(name):
                    raise ValueError(f"{part}: expected erp.example.com, *.example.com or 203.0.113.0/24") from None
                hosts.append(name)
        return cls(tuple(hosts), tuple(networks))


@dataclass(frozen=True)
class Settings:
    """What each setting is for; docs/operations/settings.md is made of these lines.

    home: the data folder: the embedded database, secrets, and in the demo mails.
    host: the address that the web server listens on.
    port: the port that the web server listens on.
    public_url: where browsers reach the apex; links in mails begin with it, and https makes cookies `Secure`. Empty:
        `http://localhost:<port>`.
    apex_hosts: host names that are the apex; others are companies' own. Empty: that of `public_url`, and this machine's.
    database_url: an administrator's libpq URL of an external PostgreSQL. Empty: the embedded one in `home`.
    database: the name of the portal's database.
    app_database_url: libpq URL of the login `portico_app`. Empty: made from `database_url` and `master_key`.
    master_key: 32 bytes in base64; connections' secrets and the logins' passwords hang on it. Empty:
        `home/secrets/master_key`, made at the first start.
    processes: web processes.
    threads: threads of each web process: as many pages are made at a time.
    worker_processes: worker processes of `portico worker`.
    worker_threads: threads of each worker process: as many jobs run at a time.
    demo: the demo: mails can be read at `/demo/mail` by anybody. Never in production.
    reload: templates and static files are read again when they change. For developers.
    mail_url: `smtp://user:password@host:port?starttls=required` (or `if-offered`, `never`), `smtps://…`. Empty: mails
        are files in `home/mail`.
    mail_from: the sender of mails; companies put their name before the address.
    egress_allow: private networks that connections to companies' systems may reach, as CIDR, separated by spaces.
    egress_only: all that the portal may call: hosts (`erp.example.com`, `*.example.com` for all below that name) and networks
        as CIDR, separated by spaces. Once set, everything else is refused, before its name is looked up where no network is
        listed; the mail server must be on it too. It opens nothing: private networks need `egress_allow` as well. Servers that
        another setting names (database, files, scanner, DNS) need not be on it. Empty: every public address may be called.
    database_folder: a folder for companies' SQLite databases: a connection may open the files in `<folder>/<the company's id>`,
        and no others. Empty: none may open a file.
    trusted_proxies: networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, and that may read `/metrics`.
    place_database: a file in MaxMind's format (GeoLite2-City and the like) that says where an address is, for the list
        of devices and for warnings. Empty: places are unknown. Read at the start; restart after replacing it.
    breached_passwords: a file made by `portico passwords` of a list of passwords from breaches; nobody can choose one of
        them. Empty: the list that ships is the only one. Restart after replacing it.
    rate_read: requests a minute that read something, as three numbers: of one person, from one address, of all members of
        one company. 0: no limit. docs/operations/limits.md tells more.
    rate_write: the same for requests that change something.
    rate_anonymous: the same for pages that anybody may open, by those who have not signed in; the address alone counts.
    rate_sensitive: the same in 15 minutes for what can be guessed at or costs much: signing in, passwords, codes, exports.
    terms_version: the version of the terms of use that people accept when they make an account. Empty: they accept none.
    terms_url: where these terms can be read.
    privacy_version: the same of the privacy notice.
    privacy_url: where that can be read.
    dns_server: `address:port` of the DNS server that is asked whether a domain is a company's. Empty: the system's own.
    static_base: in front of the addresses of static files, for a CDN. Empty: the portal itself.
    files_url: where files that people upload are kept, sealed with each company's key: `s3://bucket/prefix?region=…`,
        `gs://…`, `az://…` or `file:///folder`; options after `?`, credentials from that storage's usual environment
        variables. Empty: the folder `home/files`. Changing it moves nothing: move the objects first.
    files_most_mb: the largest file that is taken, in MB (2^20 bytes).
    files_quota_mb: the space of each company for files, in MB; an operator can give one company another.
    files_preview_pages: of a document, so many pages have previews, at most 20. 0: there are no previews.
    clamd: ClamAV's daemon, as `host:port` or the path of its socket: then nobody can download a file before it was
        scanned, and nobody at all while the daemon is away. Empty: files are not scanned.
    audit_anchors: the folder where the heads of the audit trails are anchored, in files that are only appended to. Best on a
        disk that the database's administrator cannot write to. Empty: `home/anchors`.
    log_format: `text` for people or `json` for machines; always to standard error.
    log_level: `DEBUG`, `INFO`, `WARNING` or `ERROR`.
    plugins: import names of the plugins to load. Empty: all that are installed.
    """

    home: Path = Path(".portico")
    host: str = "127.0.0.1"
    port: int = 6543
    public_url: str = ""
    apex_hosts: tuple[str, ...] = ()
    database_url: str | None = None
    database: str = "portico"
    app_database_url: str | None = None
    master_key: bytes = b""
    processes: int = 2
    threads: int = 4
    worker_processes: int = 1
    worker_threads: int = 4
    demo: bool = False
    reload: bool = False
    mail_url: str | None = None
    mail_from: str = "Portico <portal@localhost>"
    egress_allow: tuple[Network, ...] = ()
    egress_only: Listed = Listed()
    database_folder: str = ""
    trusted_proxies: tuple[Network, ...] = ()
    place_database: str = ""
    breached_passwords: str = ""
    rate_read: Allowance = Allowance(1200, 6000, 120_000)
    rate_write: Allowance = Allowance(240, 1200, 12_000)
    rate_anonymous: Allowance = Allowance(0, 600, 0)
    rate_sensitive: Allowance = Allowance(100, 300, 0)
    terms_version: str = ""
    terms_url: str = ""
    privacy_version: str = ""
    privacy_url: str = ""
    dns_server: str = ""
    static_base: str = ""
    files_url: str = ""
    files_most_mb: int = 25
    files_quota_mb: int = 2048
    files_preview_pages: int = 5
    clamd: str = ""
    audit_anchors: str = ""
    log_format: str = "text"
    log_level: str = "INFO"
    plugins: tuple[str, ...] = ()

    @property
    def secure(self) -> bool:
        """True if browsers reach us by https: cookies are then `__Host-` and Secure."""
        return self.public_url.startswith("https://")

    @property
    def anchors_folder(self) -> Path:
        return Path(self.audit_anchors).expanduser() if self.audit_anchors else self.home / "anchors"

    @classmethod
    def read(cls, ini: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
        """Raises SettingsError for an unknown key or an unreadable value."""
        environ = os.environ if environ is None else environ
        raw = {k.removeprefix("portico."): v for k, v in (ini or {}).items() if k.startswith("portico.")}
        raw |= {
            k.removeprefix("PORTICO_").lower(): v
            for k, v in environ.items()
            if k.startswith("PORTICO_") and k not in _NOT_SETTINGS and v != ""
        }
        known = {field.name: field for field in fields(cls)}
        for name in raw:
            if name not in known:
                raise SettingsError(
                    f"unknown setting portico.{name} (or PORTICO_{name.upper()}); known are {', '.join(sorted(known))}"
                )
        values: dict[str, Any] = {name: _convert(name, value) for name, value in raw.items()}
        home = Path(values.get("home", cls.home)).expanduser().resolve()
        values["home"] = home
        values.setdefault("public_url", f"http://localhost:{values.get('port', cls.port)}")
        host = urlsplit(values["public_url"]).hostname or "localhost"
        values.setdefault("apex_hosts", tuple(dict.fromkeys((host, "localhost", "127.0.0.1", "[::1]"))))
        if not values.get("master_key"):
            values["master_key"] = _key_file(home)
        return cls(**values)


def _convert(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        if name in ("port", "processes", "threads", "worker_processes", "worker_threads"):
            return _port(value) if name == "port" else int(value)
        if name in ("files_most_mb", "files_quota_mb"):
            return _megabytes(value)
        if name == "files_preview_pages":
            return _pages(value)
        if name == "clamd":
            return _daemon(value)
        if name in ("database_url", "app_database_url"):
            return _database_url(value)
        if name in ("demo", "reload"):
            return {
                "1": True,
                "true": True,
                "yes": True,
                "on": True,
                "0": False,
                "false": False,
                "no": False,
                "off": False,
            }[value.lower()]
        if name.startswith("rate_"):
            return Allowance.read(value)
        if name in ("egress_allow", "trusted_proxies"):
            return tuple(ip_network(part) for part in value.replace(",", " ").split())
        if name == "egress_only":
            return Listed.read(value)
        if name in ("apex_hosts", "plugins"):
            return tuple(value.replace(",", " ").split())
        if name == "master_key":
            return _decode_key(value)
    except (ValueError, KeyError) as error:
        shown = "" if name in _SECRET else f" {value!r}"
        raise SettingsError(f"portico.{name}{shown} (or PORTICO_{name.upper()}) cannot be read ({error})") from error
    return value


def _port(value: str) -> int:
    port = int(value)
    if not 0 <= port <= 65535:
        raise ValueError("expected 0 to 65535")
    return port


def _megabytes(value: str) -> int:
    megabytes = int(value)
    if not 1 <= megabytes <= 1 << 20:
        raise ValueError("expected 1 to 1048576")
    return megabytes


def _pages(value: str) -> int:
    pages = int(value)
    if not 0 <= pages <= 20:
        raise ValueError("expected 0 to 20")
    return pages


def _daemon(value: str) -> str:
    host, _colon, port = value.rpartition(":")
    if not value.startswith("/") and not (host and port.isdigit()):
        raise ValueError("expected host:port or the path of a socket")
    return value


def _database_url(value: str) -> str:
    if urlsplit(value).scheme not in ("postgresql", "postgres"):
        raise ValueError("expected postgresql://user:password@host:port/database")
    return value


def _decode_key(value: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(value.encode() + b"=" * (-len(value) % 4))
    except binascii.Error as error:
        raise ValueError("expected 32 bytes in base64") from error
    if len(key) != 32:
        raise ValueError("expected 32 bytes in base64")
    return key


def read_key(file: Path) -> bytes:
    """A master key from its file. Raises OSError, ValueError."""
    return _decode_key(file.read_text().strip())


def _key_file(home: Path) -> bytes:
    """The key outside the database that everything secret is wrapped with; made at the first start."""
    file = home / "secrets" / "master_key"
    try:
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
        return read_key(file)
    except OSError as error:
        raise SettingsError(
            f"PORTICO_HOME {home} cannot be used ({error.strerror}): give it to the user that runs portico, "
            "or set PORTICO_HOME to a folder that can be written"
        ) from error
    except ValueError as error:
        raise SettingsError(
            f"{file} holds no master key ({error}): put the right one back, everything secret hangs on it"
        ) from error
