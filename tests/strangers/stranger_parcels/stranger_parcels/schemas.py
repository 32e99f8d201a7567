"""What is sent and answered, for the form and the API alike."""

from __future__ import annotations

import colander

from portico.api.schema import BodySchema, ExactDecimal, Uuid
from stranger_parcels.i18n import _


class NewParcel(BodySchema):
    contents = colander.SchemaNode(colander.String(), title=_("Contents"), validator=colander.Length(1, 200))


class Parcel(colander.MappingSchema):
    id = colander.SchemaNode(Uuid())
    contents = colander.SchemaNode(colander.String())
    weight_kg = colander.SchemaNode(ExactDecimal(), missing=None)


class Parcels(colander.SequenceSchema):
    parcel = Parcel()


class ParcelList(colander.MappingSchema):
    items = Parcels()
