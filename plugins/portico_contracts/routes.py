"""The addresses of contracts: pages, and the same as JSON."""

from __future__ import annotations

from typing import Any

from portico.documents.giving import MEDIA_TYPE
from portico_contracts import api, resources, schemas, views

VIEW, AGREE = "contracts:view", "contracts:agree"
T = "portico_contracts/"
_ONE = "/contracts/{contract_id}"


def add_routes(routes: Any) -> None:
    contract = resources.contract
    routes.page("contracts.list", "/contracts", views.list_contracts, permission=VIEW, renderer=T + "list.jinja2")
    routes.page("contracts.detail", _ONE, views.detail, permission=VIEW, context=contract, renderer=T + "detail.jinja2")
    routes.page("contracts.document", f"{_ONE}/contract.pdf", views.document, permission=VIEW, context=contract)
    routes.action("contracts.agree", f"{_ONE}/agree", views.agree, permission=AGREE, context=contract)
    routes.action("contracts.decline", f"{_ONE}/decline", views.decline, permission=AGREE, context=contract)
    routes.api(
        "contracts", "/contracts", api.list_contracts, permission=VIEW, query=schemas.ContractQuery,
        response=schemas.ContractPage, title="Contracts",
    )  # fmt: skip
    routes.api(
        "contract", _ONE, api.get_contract, permission=VIEW, context=contract, response=schemas.ContractDocument,
        title="One contract with its terms and lines",
    )  # fmt: skip
    routes.api(
        "contract_pdf", f"{_ONE}/contract.pdf", api.get_document, permission=VIEW, context=contract,
        media_type=MEDIA_TYPE, title="A contract as a PDF, in the language that Accept-Language asks for",
    )  # fmt: skip
    for name, view, body, title in (
        ("agree", api.agree, schemas.Agree, "Agree to a contract that the company offers"),
        ("decline", api.decline, schemas.Decline, "Decline a contract that the company offers"),
    ):
        routes.api(
            f"contract_{name}", f"{_ONE}/{name}", view, method="POST", permission=AGREE, context=contract, body=body,
            response=schemas.ContractDocument, idempotent=True, title=title,
        )  # fmt: skip
