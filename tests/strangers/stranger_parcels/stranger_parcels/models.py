"""The table of parcels."""

from __future__ import annotations

import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portico.db.base import Base, TenantOwned, Timestamped, ref
from portico.db.policies import Wall
from portico.db.privacy import Privacy
from portico.db.types import Quantity


class Parcel(Timestamped, TenantOwned, Base):
    """A parcel of a customer organisation. weight_kg: None until the company has weighed it."""

    __tablename__ = "parcels_parcel"
    __privacy__ = Privacy(plain="tenant_id id account_id contents weight_kg created_at updated_at")
    __wall__ = Wall(customer="account", customer_writes=("INSERT",))
    account_id: Mapped[uuid.UUID] = ref("account", ondelete="CASCADE")
    contents: Mapped[str] = mapped_column(sa.Text)
    weight_kg: Mapped[Decimal | None] = mapped_column(Quantity)
