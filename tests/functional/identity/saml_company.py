"""A company whose people sign in by SAML 2.0, and what a browser does between the two sites."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session
from tests.functional.identity.sso_company import begin, path

from portico.db.types import now
from portico.identity.sso import saml, service
from portico.identity.sso.described import Us
from portico.testing.client import Client
from portico.testing.portal import Company

ENTITY = "https://idp.example/saml"


def metadata(*certificates: str) -> str:
    """The description of a provider that signs with these."""
    keys = "".join(
        f'<KeyDescriptor use="signing"><KeyInfo xmlns="{saml.DSIG}"><X509Data><X509Certificate>{bare(one)}</X509Certificate>'
        "</X509Data></KeyInfo></KeyDescriptor>" for one in certificates
    )
    return (f'<EntityDescriptor xmlns="{saml.METADATA}" entityID="{ENTITY}"><IDPSSODescriptor protocolSupportEnumeration="{saml.PROTOCOL}">'
            f'{keys}<SingleSignOnService Binding="{saml.REDIRECT}" Location="https://idp.example/sso?tenant=7"/></IDPSSODescriptor>'
            "</EntityDescriptor>")


def bare(pem: str) -> str:
    return "".join(pem.splitlines()[1:-1])


def us(company: Company) -> Any:
    return service.us(f"http://localhost:6543{company.prefix}")


def give(company: Company, metadata: str, *domains: str, **rules: Any) -> None:
    """Provider, tested and switched on, and proved domains."""
    with company.system() as db:
        give_in(db, us(company), metadata, *domains, **rules)


def give_in(db: Session, us: Us, metadata: str, *domains: str, **rules: Any) -> None:
    """The same in a transaction that acts for the company."""
    described = saml.read_metadata(metadata, plain=True)
    found = service.save_saml(db, name="Work login", described=described, us=us)
    service.record_test(db, saml.reports(described, at=now()), version=found.version, signs_out=False)
    for domain in domains:
        service.vouch(db, service.add_domain(db, domain).id)
    db.info["scope"] = replace(db.info["scope"], methods=("sso",))
    wanted = {"enabled": True, "staff_must": False, "customers_may": False, "newcomers": "", **rules}
    service.set_rules(db, permissions_of={}, **wanted)


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """(where it posts to, its fields) of the page with which a provider sends a browser back."""
    form = BeautifulSoup(page, "html.parser").find("form")
    assert form is not None, page
    return str(form["action"]), {one["name"]: one["value"] for one in form.find_all("input") if one.get("name")}


def post(company: Company, fields: dict[str, str], acs: str = "") -> Any:
    """As the provider's page does: from another site, so without any of our cookies."""
    target = path(acs or us(company).acs).removeprefix(company.prefix)
    headers = {"Origin": "http://127.0.0.1:9", "Sec-Fetch-Site": "cross-site"}
    return company.anonymous().post(target, fields, csrf=False, headers=headers, status=303)


def answer_of(location: str, name: str) -> tuple[str, dict[str, str]]:
    """What the real provider answers to somebody who says who they are."""
    return form_of(httpx.get(f"{location}&as={name}").text)


def sign_in(company: Company, name: str, target: str = "", client: Client | None = None, **more: str) -> Client:
    client = client or company.anonymous()
    acs, fields = answer_of(begin(client, target, **more), name)
    onward = post(company, fields, acs).location
    assert urlsplit(onward).path.endswith(service.CALLBACK), onward
    client.answer = client.get(path(onward), status=303)
    return client
