"""The table of parcels, inside its wall."""

from alembic import op
from stranger_parcels.models import Parcel

from portico.db.policies import create_with_wall

revision = "p0001"
down_revision = None


def upgrade() -> None:
    create_with_wall(op, Parcel.__table__)
