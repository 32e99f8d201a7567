"""What whoever holds a signed document is told about it: from its hash, its reference, or the file itself.

Of a stranger's file nothing is opened: its bytes are hashed, and of its signature those places are read that PDF keeps in plain
text (ISO 32000-2, 12.8.1). So time and memory are those of hashing it a few times, whatever is in it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.errors import InvalidError
from portico_signatures import references
from portico_signatures.i18n import _
from portico_signatures.models import SigningIdentity

MOST_BYTES = 10 << 20
BEGINS = 1024
"""Bytes within which a PDF says that it is one."""
MOST_ENDS, MOST_SIGNATURES, MOST_CERTIFICATES = 12, 3, 20
GENUINE, SIGNED, UNSEALED, VOID, CHANGED, STRAY, UNKNOWN = (
    "genuine", "signed", "unsealed", "void", "changed", "stray", "unknown",
)  # fmt: skip
_KNOWN = sa.text("SELECT * FROM signatures_known(:hashes, :reference)")
_END = re.compile(rb"%%EOF")
_RANGE = re.compile(rb"/ByteRange\s{0,8}\[\s{0,8}(\d{1,9})\s{1,8}(\d{1,9})\s{1,8}(\d{1,9})\s{1,8}(\d{1,9})\s{0,8}\]")
_CONTACT = re.compile(rb"/ContactInfo\s{0,8}\(([\x21-\x27\x2a-\x5b\x5d-\x7e]{1,400})\)")


@dataclass(frozen=True)
class Verdict:
    """outcome: "genuine" (these very bytes were sealed), "signed" (the reference is of one that counts), "unsealed" (the document
    that was signed, without the signatures), "void", "changed", "stray" (the company's signature is good, and there is no record
    of it), "unknown". signatures: as `signatures_known` gives them. names: whether who asks holds the names already. sha256: of
    the file. added: bytes behind what was sealed. identity: the certificate that it was sealed with."""

    outcome: str
    signatures: Sequence[Any] = ()
    names: bool = True
    sha256: str = ""
    added: int = 0
    identity: Any = None


def of_proof(db: Session, text: str) -> Verdict:
    """text: a hash or a reference, as it was typed."""
    reference, digest = references.read(text), references.read_hash(text)
    if digest is not None:
        return _with_identity(db, _of_hash(_known(db, [digest], None), digest))
    if reference is None:
        return Verdict(UNKNOWN)
    found = _known(db, [], reference)
    return _with_identity(db, Verdict(_standing(found, SIGNED), found) if found else Verdict(UNKNOWN))


def of_file(db: Session, content: bytes) -> Verdict:
    """Raises InvalidError at "/file": it is no PDF, or too large."""
    if len(content) > MOST_BYTES:
        raise InvalidError(fields={"/file": _("This file is too large to be checked here. Use its SHA-256 instead.")})
    if b"%PDF-" not in content[:BEGINS]:
        raise InvalidError(fields={"/file": _("This is no PDF.")})
    whole = hashlib.sha256(content).hexdigest()
    beginnings = dict(_beginnings(content))
    found = _known(db, [whole, *beginnings], _claimed(content))
    exact = _of_hash(found, whole)
    if exact.outcome != UNKNOWN:
        return _with_identity(db, exact)
    sealed = [one for one in found if one.sealed_sha256 in beginnings]
    if sealed or found:
        added = len(content) - beginnings[sealed[0].sealed_sha256] if sealed else 0
        return _with_identity(db, Verdict(CHANGED, sealed or found, sha256=whole, added=added))
    outcome, identity = _by_certificate(db, content)
    return Verdict(outcome, sha256=whole, identity=identity)


def _known(db: Session, hashes: list[str], reference: str | None) -> list[Any]:
    """What waits for an approval is nobody's business yet."""
    rows = db.execute(_KNOWN, {"hashes": hashes, "reference": reference}).all()
    return [one for one in rows if one.state != "given"]


def _of_hash(found: Sequence[Any], digest: str) -> Verdict:
    """Who has the hash of the sealed file holds the names that stand in it; who has that of the document may not."""
    if sealed := [one for one in found if one.sealed_sha256 == digest]:
        together = [one for one in found if _is_beside(one, sealed[0])]
        return Verdict(_standing(sealed, GENUINE), together, sha256=digest)
    signed = [one for one in found if one.document_sha256 == digest]
    counting = [one for one in signed if one.state != "void"]
    if signed:
        return Verdict(UNSEALED if counting else VOID, counting or signed, names=False, sha256=digest)
    return Verdict(UNKNOWN, sha256=digest)


def _is_beside(one: Any, sealed: Any) -> bool:
    """Several sign one document, of which there is one sealed file."""
    return (one.document_sha256, one.version, one.state) == (sealed.document_sha256, sealed.version, sealed.state)


def _standing(found: Sequence[Any], counts: str) -> str:
    return counts if any(one.state != "void" for one in found) else VOID


def _beginnings(content: bytes) -> Iterator[tuple[str, int]]:
    """SHA-256 of each part of the file that may have been one by itself → its length: a PDF is added to behind its end."""
    running, at = hashlib.sha256(), 0
    for _number, end in zip(range(MOST_ENDS), _END.finditer(content), strict=False):
        for length in range(end.end(), min(end.end() + 3, len(content))):
            if length > end.end() and content[length - 1] not in b"\r\n":
                break
            running.update(content[at:length])
            at = length
            yield running.hexdigest(), length


def _claimed(content: bytes) -> str | None:
    """The reference that the file's signature names; whether it is that, the bytes say."""
    found = _CONTACT.search(content)
    return references.read(found[1].decode("ascii").rpartition("/")[2]) if found else None


def _with_identity(db: Session, verdict: Verdict) -> Verdict:
    identity_id = next((one.identity_id for one in verdict.signatures if one.identity_id), None)
    if identity_id is None:
        return verdict
    found = db.execute(_identities().where(SigningIdentity.id == identity_id)).one_or_none()
    return Verdict(
        verdict.outcome, verdict.signatures, verdict.names, verdict.sha256, verdict.added, found
    )


def _identities() -> Any:
    return sa.select(SigningIdentity.id, SigningIdentity.certificate)


def _by_certificate(db: Session, content: bytes) -> tuple[str, Any]:
    """Of a file that there is no record of: whether a certificate of the company signed it."""
    from portico_signatures import integrity  # pyHanko is a quarter of a second

    signed = list(_signed(content))
    if not signed:
        return UNKNOWN, None
    newest = _identities().order_by(SigningIdentity.created_at.desc()).limit(MOST_CERTIFICATES)
    identities = db.execute(newest).all()
    for covered, message in signed:
        for identity in identities:
            sound = integrity.is_sound(message, identity.certificate, covered)
            if sound is not None:
                return (STRAY if sound else CHANGED), identity
    return UNKNOWN, None


def _signed(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(digest of what a signature covers, the signature) of the last few, as /ByteRange says."""
    for found in list(_RANGE.finditer(content))[-MOST_SIGNATURES:]:
        start, length, again, rest = map(int, found.groups())
        if start != 0 or not length < again <= again + rest <= len(content):
            continue
        try:
            message = bytes.fromhex(content[length:again].strip(b"<>").decode("ascii"))
        except ValueError:
            continue
        yield hashlib.sha256(content[:length] + content[again : again + rest]).digest(), message
