"""What of a table is about a person, as data: what they are told of it, and what becomes of it when they are erased.

Every column of every table is named once, in one of the four lists; a test fails for one that is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

Erasing = Literal["delete", "blank", "keep"]


@dataclass(frozen=True)
class Privacy:
    """Column names are separated by spaces.

    personal: about the person; told to them when they ask for their data.
    secret: about them and never told, not even to them: hashes, keys, tokens.
    incidental: may name somebody in passing (a message of another system, arguments of a job) without leading to them:
        neither told nor erased; what holds such columns has to be short-lived or the record of an organisation.
    plain: about nobody.
    person: the column with the id of the person (app_user.id) whose row it is. through: (column, table, its column with
        the person's id) if only another table of the same company knows that.
    by_email: the column with an e-mail address, if it is that which leads to the person: a row is theirs that has their own.
    erasing: what becomes of the row: "delete" it, "blank" what is personal and secret, "keep" it all.
    blanked: of what is personal, the columns that are blanked; "" is all. The others stay, for `reason`.
    reason: why it is kept, for the person to read (translatable). Without one, nothing may be kept.
    title: what people call such rows (translatable).
    own_words: of these columns, free texts of the portal's own that nobody has to keep. Whoever is erased is no longer named
        in them, whoever wrote them: the name in full and the address are taken out. own_words_where: SQL that says in which
        rows; "" is all.
    """

    personal: str = ""
    secret: str = ""
    incidental: str = ""
    plain: str = ""
    person: str = ""
    through: tuple[str, str, str] | None = None
    by_email: str = ""
    erasing: Erasing = "delete"
    blanked: str = ""
    reason: Any = ""
    title: Any = ""
    own_words: str = ""
    own_words_where: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        return tuple(self.personal.split())

    @property
    def left(self) -> tuple[str, ...]:
        """Personal columns that an erasure leaves as they are."""
        if self.erasing == "keep":
            return self.told
        return tuple(name for name in self.told if self.blanked and name not in self.blanked.split())

    @property
    def about_somebody(self) -> bool:
        return bool(self.personal or self.secret)

    def named(self) -> Iterator[str]:
        """Every column that is marked, as often as it is."""
        for names in (self.personal, self.secret, self.incidental, self.plain):
            yield from names.split()


def of_table(table: sa.Table) -> Privacy | None:
    """None: not marked."""
    found: Privacy | None = table.info.get("privacy")
    return found
