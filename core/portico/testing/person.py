"""Somebody in a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from argon2 import PasswordHasher


@dataclass(frozen=True)
class Person:
    """`kind` and `roles` are those of the company that made the person a member, `account_role` that in `account_id`."""

    id: UUID
    email: str
    name: str
    kind: Any = "user"
    roles: tuple[str, ...] = ()
    account_id: UUID | None = None
    account_role: str = ""

    PASSWORD: ClassVar[str] = "correct horse battery"
    # Cheap on purpose: what a test measures is never the hashing.
    HASH: ClassVar[str] = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse battery")
