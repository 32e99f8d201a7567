"""What whoever holds a signed document is told about it: from its hash, its reference, or the file itself.

Of a stranger's file nothing is opened: its bytes are hashed, and of its signature those places are read that PDF keeps in plain
text (ISO 32000-2, 12.8.1). So time and memory are those of hashing it a few times, whatever is in it.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
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
MOST_ENDS, MOST_SIGNATURES, MOST_CERTIFICATES = 12, 3, 10
LONGEST_GAP = 20_000
"""Bytes that a signature takes in a file, in hex: ours have room for 16,386."""
GENUINE, SIGNED, UNSEALED, VOID, CHANGED, STRAY, UNKNOWN = (
    "genuine", "signed", "unsealed", "void", "changed", "stray", "unknown",
)  # fmt: skip
_KNOWN = sa.text("SELECT * FROM signatures_known(:hashes, :reference)")
_END = re.compile(rb"%%EOF")
_RANGE = re.compile(rb"/ByteRange\s{0,8}\[\s{0,8}(\d{1,9})\s{1,8}(\d{1,9})\s{1,8}(\d{1,9})\s{1,8}(\d{1,9})\s{0,8}\]")
_HEX = re.compile(rb"<[0-9A-Fa-f]+>")
_CONTENTS = re.compile(rb"/Contents\s{0,8}\Z")
_CONTACT = re.compile(rb"/ContactInfo\s{0,8}\(((?:[\x21-\x27\x2a-\x5b\x5d-\x7e]|\\[01][0-7]{2}){1,400})\)")
_ESCAPED = re.compile(rb"\\([01][0-7]{2})")


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
    beginnings, claimed = dict(_beginnings(content)), _claimed(content)
    found = _known(db, [whole, *beginnings], claimed)
    exact = _of_hash(found, whole)
    if exact.outcome != UNKNOWN:
        return _with_identity(db, exact)
    if found:
        return _with_identity(db, _changed(found, beginnings, claimed, content, whole))
    outcome, identity = _by_certificate(db, content)
    return Verdict(outcome, sha256=whole, identity=identity)


def _changed(
    found: Sequence[Any], beginnings: dict[str, int], claimed: str | None, content: bytes, whole: str
) -> Verdict:
    """Who holds what was sealed, or the reference, which stands nowhere else than in there and on pages of those who may see the
    signature, is told the names by `of_proof` just as well. Who holds the document, and adds to it, is not."""
    if sealed := [one for one in found if one.sealed_sha256 in beginnings]:
        return Verdict(CHANGED, sealed, sha256=whole, added=len(content) - beginnings[sealed[0].sealed_sha256])
    if named := [one for one in found if claimed and one.reference == claimed]:
        return Verdict(CHANGED, named, sha256=whole)
    return Verdict(CHANGED, found, names=False, sha256=whole)


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
    if found is None:
        return None
    address = _ESCAPED.sub(lambda one: bytes([int(one[1], 8)]), found[1])  # as PDF writes what is no letter (7.3.4.2)
    return references.read(address.decode("ascii").rpartition("/")[2])


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
    """Of a file that there is no record of: whether a certificate of the company signed it, as it is. What it signed a part of,
    or differently, was changed: who takes a signature from one file and puts it into another chooses what it covers."""
    from portico_signatures import integrity  # pyHanko is a quarter of a second

    made = [(part, read) for part in _signed(content) if (read := integrity.read(part.message)) is not None]
    if not made:
        return UNKNOWN, None
    identities = db.execute(_identities().order_by(SigningIdentity.created_at.desc()).limit(MOST_CERTIFICATES)).all()
    changed = None
    for part, read in made:
        identity = next((one for one in identities if integrity.made_by(read, one.certificate)), None)
        if identity is None:
            continue
        if part.is_whole and integrity.is_sound(read, identity.certificate, part.digest(content)):
            return STRAY, identity
        changed = identity
    return (CHANGED, changed) if changed else (UNKNOWN, None)


@dataclass(frozen=True)
class _Part:
    """A signature in a file. gap, again: where what it leaves out begins and ends; end: of what it covers. is_whole: of the file
    it leaves out itself alone."""

    message: bytes
    gap: int
    again: int
    end: int
    is_whole: bool

    def digest(self, content: bytes) -> bytes:
        """SHA-256 of what it covers."""
        covered = hashlib.sha256(memoryview(content)[: self.gap])
        covered.update(memoryview(content)[self.again : self.end])
        return covered.digest()


def _signed(content: bytes) -> Iterator[_Part]:
    """The last few signatures, as /ByteRange says."""
    for found in deque(_RANGE.finditer(content), maxlen=MOST_SIGNATURES):
        start, gap, again, rest = map(int, found.groups())
        if not gap < again <= again + rest <= len(content) or again - gap > LONGEST_GAP:
            continue
        left_out = content[gap:again]
        try:
            message = bytes.fromhex(left_out.strip(b"<>").decode("ascii"))
        except ValueError:
            continue
        itself = _HEX.fullmatch(left_out) and _CONTENTS.search(content[max(gap - len(b"/Contents") - 8, 0) : gap])
        nothing_behind = not content[again + rest :].strip(b"\r\n")
        yield _Part(message, gap, again, again + rest, bool(start == 0 and itself and nothing_behind))
