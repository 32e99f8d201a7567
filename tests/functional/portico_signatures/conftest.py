"""A shop of quotes whose company wants signatures, with an offer that waits for its answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote as quoted
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.functional.portico_quotes.conftest import Shop, open_shop
from tests.functional.portico_quotes.conftest import stock as stock

from portico.files import service
from portico.files.sealing import FileCipher, sealed_size
from portico_signatures import kept

READ = ("version", "document_sha256", "consent_sha256")
"""What a program that signs sends back of what it was shown."""
OFFERED = (
    "UPDATE quotes_quote SET state = 'processed', number = 'QU-7', erp_ref = 'quote:' || id, delivery = 'sent' WHERE id = :i"
)


def page_of(quote_id: str) -> str:
    return f"/sign/{quoted('quotes.quote')}/{quote_id}"


class Desk:
    """What the tests do at the shop: offers, signing, and what is kept of it."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop
        self.switch(True)

    def switch(self, on: bool) -> None:
        page = self.shop.company.admin().get("/admin/plugins/portico_signatures")
        (form,) = (one for one in page.forms.values() if {"version", "on"} <= one.fields.keys())
        assert form["on"].value == ("yes" if on else "no")
        form.submit(status=303)

    def choose(self, **values: str) -> None:
        """Settings of the plugin, as its form sends them."""
        admin, page = self.shop.company.admin(), "/admin/plugins/portico_signatures/settings"
        form = next(one for one in admin.get(page).forms.values() if "two_from" in one.fields)
        given = {name: value for name, value in form.submit_fields() if name != "csrf_token"} | values
        admin.post(page, {name: value for name, value in given.items() if value}, status=303)

    def offer(self, api: Any = None) -> str:
        quote_id = str(self.shop.draft(api or self.shop.api(), STEEL_1="2", WOOD_1="1")["id"])
        with self.shop.company.system() as db:
            db.execute(sa.text(OFFERED), {"i": quote_id})
        return quote_id

    def to_sign(self, api: Any, quote_id: str) -> dict[str, Any]:
        return dict(api.get(f"/quotes/{quote_id}/sign").json)

    def sign(self, api: Any, quote_id: str, status: int = 200, **more: Any) -> Any:
        found = self.to_sign(api, quote_id)
        body = {name: found[name] for name in READ} | {"name": "Robin Signer", "agree": True} | more
        return api.json("post", f"/quotes/{quote_id}/sign", body, status=status).json

    def form(self, client: Any, quote_id: str, **more: Any) -> dict[str, Any]:
        """What the page's form would send, ticked."""
        form = next(one for one in client.get(page_of(quote_id)).forms.values() if "document_sha256" in one.fields)
        sent = {name: value for name, value in form.submit_fields() if name != "csrf_token"}
        return {**sent, "agree": "true", **more}

    def files(self, client: Any, signature_id: str) -> list[bytes]:
        """What the page of a signature leads to, in its order: each link is taken, and what it stands for is read."""
        found, parts, tenant = [], self.shop.portal.parts, self.shop.company.tenant
        for link in client.get(f"/signatures/{signature_id}").html.select("a.file-name"):
            client.get(link["href"], status=303)
            with self.shop.company.system() as db:
                file = service.one(db, kept.KIND, UUID(signature_id), UUID(link["href"].rpartition("/")[2]))
                name = db.scalar(sa.text("SELECT object_name FROM file WHERE id = :i"), {"i": file.id})
            cipher = FileCipher(parts.files.key(tenant, file.id), tenant.id, file.id, file.size)
            found.append(b"".join(cipher.open(parts.files.storage.read(name, 0, sealed_size(file.size)))))
        return found

    def rows(self) -> list[Any]:
        with self.shop.company.system() as db:
            return list(db.execute(sa.text("SELECT * FROM signatures_signature ORDER BY id")))

    def trail(self, action: str) -> list[Any]:
        with self.shop.company.system() as db:
            query = "SELECT actor, subject_type, subject_id, after, address FROM audit_entry WHERE action = :a ORDER BY id"
            return list(db.execute(sa.text(query), {"a": action}))


@pytest.fixture
def shop(portal: Any, stock: Any) -> Iterator[Shop]:
    with open_shop(portal, stock) as shop:
        yield shop


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop)
