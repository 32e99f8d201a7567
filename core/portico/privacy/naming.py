"""Takes an erased person's name and address out of free texts that are not theirs, and out of what jobs were told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portico.db.base import Base
from portico.db.privacy import of_table
from portico.jobs.session import worker_session

GONE = "…"
"""What stands where somebody was named."""
WAITING = sa.table("job", *(sa.column(name) for name in ("claim", "args", "unique_key", "last_error")))
GIVEN_UP = sa.table("job_dead", *(sa.column(name) for name in ("args", "unique_key", "reason", "detail")))
"""The queue's tables, with the columns that may name somebody."""


@dataclass(frozen=True)
class Named:
    """What one person is called."""

    user_id: UUID
    email: str
    name: str

    @property
    def words(self) -> list[str]:
        """A name of one word may be a word like any other: it is looked for in full or not at all."""
        full = " ".join(self.name.split())
        return [one for one in (self.email, full if " " in full else "") if one]

    @property
    def pattern(self) -> re.Pattern[str]:
        words = (r"\s+".join(re.escape(part) for part in one.split()) for one in self.words)
        return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)


def of_person(portico: Any, user_id: UUID) -> Named | None:
    """None: there is no such person, or they are erased already."""
    with worker_session(portico.engine) as db:
        statement = sa.text("SELECT content FROM person_rows(:user) WHERE of_table = 'app_user'")
        row = db.scalar(statement, {"user": user_id})
    if row is None or not row["name"]:
        return None
    return Named(user_id, row["email"], row["name"])


def take_out(db: Session, named: Named) -> None:
    """In the company in scope: from every column that is marked as people's own words, in those rows."""
    for table in Base.metadata.sorted_tables:
        privacy = of_table(table)
        for name in privacy.own_words.split() if privacy else ():
            column = table.c[name]
            text = sa.cast(column, sa.Text)
            some = sa.or_(*(text.icontains(one.split()[0], autoescape=True) for one in named.words))
            where = [some, sa.text(privacy.own_words_where)] if privacy and privacy.own_words_where else [some]
            for row in db.execute(sa.select(table.c.id, column.label("said")).where(*where)).all():
                said = without(row.said, named)
                if said != row.said:
                    db.execute(sa.update(table).where(table.c.id == row.id).values({name: said}))


def without(said: Any, named: Named) -> Any:
    """The text, or what a JSON value holds, with nothing of the person in it."""
    if isinstance(said, str):
        return named.pattern.sub(GONE, said)
    if isinstance(said, dict):
        return {key: without(one, named) for key, one in said.items()}
    if isinstance(said, list):
        return [without(one, named) for one in said]
    return said


def forget_jobs(worker: Session, named: Named) -> None:
    """What waits, or was given up, and was told of the person: there is nobody left to do it for."""
    for table in (WAITING, GIVEN_UP):
        said = sa.func.concat_ws(" ", *(sa.cast(column, sa.Text) for column in table.c if column.name != "claim"))
        theirs = sa.or_(
            said.contains(str(named.user_id), autoescape=True),
            sa.func.lower(said).contains(named.email.lower(), autoescape=True),
        )
        waits = [table.c.claim.is_(None)] if "claim" in table.c else []  # a job that runs ends by itself
        worker.execute(sa.delete(table).where(theirs, *waits))
