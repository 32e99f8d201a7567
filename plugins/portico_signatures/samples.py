"""One of everything, for tests that walk every table and route."""

from __future__ import annotations

import uuid
from io import BytesIO

from sqlalchemy.orm import Session

from portico.connections import keys
from portico.db.types import new_id, now
from portico.files import service as files
from portico_signatures import kept
from portico_signatures.models import Round, Signature, Signer, SigningIdentity, SigningSecret


def make(db: Session, account_id: uuid.UUID) -> dict[str, str]:
    """On a record of a kind that nobody has."""
    round_id = _a_round(db, account_id)
    signature = Signature(
        id=new_id(),
        account_id=account_id,
        kind="signatures.sample",
        subject="sample",
        subject_id=new_id(),
        title="Sample",
        version=1,
        signer_id=new_id(),
        signer="Sample",
        email="sample@example.com",
        name="Sample",
        method="drawn",
        drawing=[[[10, 10], [200, 100]]],
        consent="Sample",
        consent_locale="en",
        locale="en",
        address="192.0.2.1",
        user_agent="Sample",
        document_name="Sample.pdf",
        document_sha256="0" * 64,
        content={},
        content_sha256="0" * 64,
        state="agreed",
        round_id=round_id,
        sealed_sha256="0" * 64,
        sealed_at=now(),
    )
    db.add(signature)
    db.flush()
    file_id = files.take(db, "sample.txt", BytesIO(b"A sample."), account_id)
    files.attach(db, file_id, kept.subject(signature))
    # After the file, which makes the company's key in a transaction of its own.
    identity = SigningIdentity(id=new_id(), certificate="Sample", chain="", ends_at=now())
    db.add(identity)
    db.flush()
    keys.store_secrets(db, db.info["files"].cipher, identity.id, {"key": "Sample"}, SigningSecret)
    return {
        "signature_id": str(signature.id),
        "signature_file_id": str(file_id),
        "round_id": str(round_id),
        "proof": signature.reference,
    }


def _a_round(db: Session, account_id: uuid.UUID) -> uuid.UUID:
    begun = Round(
        id=new_id(),
        account_id=account_id,
        kind="signatures.sample",
        subject="sample",
        subject_id=new_id(),
        title="Sample",
        version=1,
        document_sha256="0" * 64,
        locale="en",
        starter_id=new_id(),
        starter="Sample",
        state="done",
    )
    db.add(begun)
    db.flush()
    db.add(Signer(id=new_id(), account_id=account_id, round_id=begun.id, position=0, user_id=new_id(), name="Sample"))
    db.flush()
    return begun.id
