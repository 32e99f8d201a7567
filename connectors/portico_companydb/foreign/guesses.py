"""What a column probably is, by its name and kind: suggestions that a person accepts or changes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from portico_companydb.foreign.catalogue import AWARE, DAY, DECIMAL, INTEGER, MOMENT, TEXT
from portico_companydb.foreign.entities import BOOLEAN, NUMBER, Entity
from portico_companydb.foreign.entities import DAY as A_DAY
from portico_companydb.foreign.entities import MOMENT as A_MOMENT

# Words of English, German and French schemas, as people shorten them; the likeliest first.
_NAMES: dict[str, str] = {
    "active": "is_active active aktiv actif enabled",
    "carrier": "carrier spediteur sped transporteur shipper",
    "category": "category group artgrp wgr warengruppe grp famille categorie",
    "claim_code": "claim_code claim token passwort",
    "code": "code artnr itemno item_no sku partno nr no ref",
    "created_at": "created_at created anldat erdat datum date",
    "currency": "currency waehr wae whg devise cur curr waers",
    "customer": "customer_id customer kdnr kundennr kunnr custno cust_no client cust",
    "delivered_at": "delivered_at delivered",
    "description": "description text langtext beschreibung descr",
    "discount": "discount rabatt remise disc rab",
    "email": "email e_mail mail",
    "expected_on": "expected_on expected liefdat liefertermin eta",
    "gross": "gross_total gross brutto ttc total",
    "item": "item_code item artnr artikel article matnr sku itemno partno",
    "amount": "amount betrag montant",
    "cancelled": "cancelled storno annule",
    "credits": "credits bezre",
    "due_on": "due_on due faellig echeance",
    "invoice": "invoice_id invoice renr facture",
    "issued_on": "issued_on issued redat datum date",
    "method": "method zahlart mode",
    "open": "open_amount open offen solde",
    "order": "order_id order aufnr commande",
    "paid": "paid_total paid bezahlt paye",
    "paid_on": "paid_on zdat datum date",
    "kind": "kind type typ art kz",
    "list_name": "list_name",
    "min_quantity": "min_quantity abmenge from_qty staffel minqty",
    "name": "name bez1 bez bezeichnung designation libelle name1 title descr label",
    "net": "net_total net netto ht",
    "note": "note text1 bemerkung bem remark comment remarque",
    "number": "number no nr num belegnr numero",
    "ordered_at": "ordered_at ordered aufdat bestelldatum orderdate order_date date",
    "po_number": "po_number po bestnr yourref your_ref",
    "price": "price vkpr preis prix listprice unitprice pr",
    "price_list": "price_list prlst preisliste tarif pricelist",
    "quantity": "quantity menge qty qte quantite",
    "quote": "quote_id quote angnr offer_id devis",
    "quote_number": "quote_number",
    "reason": "reason grund motif",
    "reference": "portal_reference reference fremdref extref external_ref",
    "shipped_at": "shipped_at shipped lfdat versanddatum shipdate",
    "status": "status stat state etat zustand",
    "tax": "tax_total tax mwst tva ust",
    "tax_rate": "tax_rate satz stsatz vat taux mwstsatz",
    "total": "line_total total betrag montant amount",
    "tracking_number": "tracking_number tracking sendnr",
    "tracking_url": "tracking_url",
    "unit": "unit me einheit uom unite",
    "unit_price": "unit_price preis ep price prix",
    "valid_from": "valid_from vondat gueltigvon from_date datab",
    "valid_until": "valid_until bisdat gueltigbis gueltig to_date datbi",
}
_FITS = {
    NUMBER: {INTEGER, DECIMAL, TEXT, "other"},
    A_DAY: {DAY, MOMENT, AWARE, INTEGER, DECIMAL, TEXT, "other"},
    A_MOMENT: {DAY, MOMENT, AWARE, INTEGER, DECIMAL, TEXT, "other"},
    BOOLEAN: {INTEGER, DECIMAL, TEXT, "other"},
}


def columns(entity: Entity, found: Mapping[str, str]) -> dict[str, str]:
    """Field → column. A column is suggested once."""
    guessed: dict[str, str] = {}
    scored = sorted(
        (
            (_score(name, column), name, column)
            for name, field in entity.fields.items()
            for column, kind in found.items()
            if kind in _FITS.get(field.kind, {kind}) and _score(name, column)
        ),
        key=lambda one: -one[0],
    )
    for _points, name, column in scored:
        if name not in guessed and column not in guessed.values():
            guessed[name] = column
    return guessed


def key(found: Mapping[str, str]) -> list[str]:
    """The column that probably names a row: "id", or the first one."""
    ids = [name for name in found if _plain(name) == "id"]
    return (ids or list(found))[:1]


def _score(name: str, column: str) -> int:
    plain = _plain(column)
    for rank, word in enumerate(_NAMES.get(name, name).split()):
        said = _plain(word)
        if plain == said:
            return 100 - rank
        if len(said) > 2 and (plain.startswith(said) or plain.endswith(said)):
            return 50 - rank
    return 0


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
