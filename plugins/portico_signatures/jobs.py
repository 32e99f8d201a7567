"""Makes the signed PDF of a signature that counts, once."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from portico import audit, events
from portico.db.types import now
from portico.errors import BusyError
from portico.files import service as files
from portico.files.models import File
from portico.files.sealing import FileCipher, sealed_size
from portico.jobs import Dead, Retry
from portico.jobs.job import Job
from portico.web.i18n import translate
from portico_signatures import condition, evidence, following, identities, kept, reading, rounds
from portico_signatures.i18n import _
from portico_signatures.models import Signature

SEAL, COPY = condition.SEAL, "signatures.copy"
BUSY_S = 5.0
MOST_ATTEMPTS, TIME_LIMIT_S = 20, 120


def register(jobs: Any) -> None:
    jobs.actor(SEAL, seal, max_attempts=MOST_ATTEMPTS, time_limit_s=TIME_LIMIT_S)
    jobs.actor(following.FOLLOW, following.follow, time_limit_s=TIME_LIMIT_S)
    jobs.periodic(following.FOLLOW, every_s=following.EVERY_S)


def seal(job: Job, signature_id: str) -> None:
    """A second run finds what the first one made, and one whose signature is void makes nothing."""
    from portico_signatures import sealing  # a quarter of a second, and nothing for whoever makes no signature

    assert job.tenant is not None
    own, portico = UUID(str(signature_id)), job.portico
    with job.session() as db:
        signature = reading.one(db, own)
        if signature is None or signature.state != condition.AGREED or signature.sealed_sha256:
            return
        everybody = reading.with_others(db, signature)
        document = _document(db, signature)
        identity = identities.current(db, portico.settings.master_key, portico.cipher)
    shown = _content(job, document, signature.document_sha256)
    address = f"{portico.tenant_url(job.tenant)}/signed/{signature.reference}".rstrip("/")
    speaker = portico.documents.speaker(job.tenant, signature.locale)
    try:
        page = portico.documents.make(job.tenant, signature.locale, evidence.document(signature, speaker, address, everybody))
    except BusyError:
        raise Retry(after_s=BUSY_S, reason="other documents are being made") from None
    names = ", ".join(one.name for one in everybody)
    reason = str(translate(signature.locale, _("Signature of ${name}", mapping={"name": names})))
    made = sealing.seal(shown, page.content, identity, reason=reason, address=address)
    digest = hashlib.sha256(made).hexdigest()
    name = str(translate(signature.locale, _("${title}, signed", mapping={"title": signature.title}))) + ".pdf"
    with job.session() as db:
        file_id = files.take(db, name, BytesIO(made), signature.account_id)
        done = db.execute(
            sa.update(Signature)
            .where(Signature.id == own, Signature.state == condition.AGREED, Signature.sealed_sha256 == "")
            .values(sealed_sha256=digest, sealed_at=now(), identity_id=identity.id)
            .returning(*kept.SUBJECT)
            .execution_options(synchronize_session=False)
        ).first()
        if done is None:
            return  # the file belongs to nothing, and goes with the others of that kind
        files.attach(db, file_id, kept.subject(done))
        told = {"signature": str(own), "document": name, "sha256": digest}
        audit.record(db, "signatures.sealed", subject=(signature.subject, signature.subject_id), after=told)
        if len(everybody) > 1:
            _send_copies(db, signature, everybody)


def _send_copies(db: Any, signature: Any, everybody: Any) -> None:
    for user_id in sorted({one.signer_id for one in everybody}):
        if not rounds.belongs(db, signature.account_id, user_id):
            continue
        events.publish(
            db,
            COPY,
            account_id=signature.account_id,
            site_id=signature.site_id,
            author_id=signature.author_id,
            user_id=user_id,
            subject=("signature", signature.id),
            data={"title": signature.title, "signature": str(signature.id)},
        )


def _document(db: Any, signature: Any) -> Any:
    """The file of what was signed. Raises Dead: somebody with the database's password took it away."""
    columns = (File.id, File.size, File.object_name)
    query = sa.select(*columns).where(
        File.kind == kept.KIND, File.subject_id == signature.id, File.digest == signature.document_sha256
    )
    found = db.execute(query.limit(1)).one_or_none()
    if found is None:
        raise Dead("the document that was signed is gone")
    return found


def _content(job: Job, document: Any, expected: str) -> bytes:
    """Whatever a virus scanner thinks of it by now: it is what the portal itself made. Raises Dead."""
    assert job.tenant is not None
    store: files.Files = job.portico.files
    cipher = FileCipher(store.key(job.tenant, document.id), job.tenant.id, document.id, document.size)
    content = b"".join(cipher.open(store.storage.read(document.object_name, 0, sealed_size(document.size))))
    if hashlib.sha256(content).hexdigest() != expected:
        raise Dead("the document that was signed is another")
    return content
