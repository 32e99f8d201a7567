"""What the simulated Odoo does about invoices: its wizards, and how it prints one."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

CLOSED = {"type": "ir.actions.act_window_close"}
FIRST_IN_PORTAL = 17
_CARRIED = ("name", "sequence", "display_type", "product_id", "price_unit", "discount", "price_subtotal")


def printed(number: str) -> bytes:
    return b"%PDF-1.4\n% " + number.encode() + b"\n%%EOF\n"


def bill(odoo: Any, ids: list[int], _named: dict[str, Any]) -> Any:
    """The wizard: one draft of all that was ordered, for each order."""
    for wizard in ids:
        for one in odoo.rows["sale.advance.payment.inv"][wizard]["active_ids"]:
            order = odoo.rows["sale.order"][one]
            amounts = {name: order[name] for name in ("amount_untaxed", "amount_tax", "amount_total")}
            made = _invoice(odoo, "out_invoice", order["partner_id"], order["currency_id"], amounts)
            invoice = odoo.rows["account.move"][made]
            invoice |= {"ref": order["client_order_ref"], "narration": order["note"]}
            for line in (odoo.rows["sale.order.line"][line] for line in order["order_line"]):
                unit = line.get("product_uom") or line.get("product_uom_id")
                taxes = line.get("tax_id") or line.get("tax_ids") or []
                values = {name: line[name] for name in _CARRIED if line.get(name)}
                values |= {"quantity": line["product_uom_qty"], "product_uom_id": unit, "tax_ids": taxes}
                _line(odoo, made, {**values, "sale_line_ids": [line["id"]]})
            order["invoice_ids"] = [*(order["invoice_ids"] or []), made]
    return CLOSED


def _invoice(odoo: Any, kind: str, partner: int, currency: int, amounts: dict[str, Any]) -> int:
    """A draft, with nothing but the line on which the sum is due."""
    values = {"move_type": kind, "state": "draft", "name": "/", "currency_id": currency, "commercial_partner_id": partner}
    made = odoo.make("account.move", {**values, **amounts, "amount_residual": amounts["amount_total"]})
    odoo.rows["account.move"][made] |= {"line_ids": [], "invoice_line_ids": []}
    due = odoo.make("account.move.line", {"move_id": made, "name": "", "sequence": 100})
    odoo.rows["account.move"][made]["line_ids"].append(due)
    return int(made)


def _line(odoo: Any, invoice: int, values: dict[str, Any]) -> None:
    made = odoo.make("account.move.line", {**values, "move_id": invoice})
    for name in ("line_ids", "invoice_line_ids"):
        odoo.rows["account.move"][invoice][name].append(made)


def post(odoo: Any, ids: list[int], _named: dict[str, Any]) -> Any:
    today = odoo.now()[:10]
    for one in ids:
        prefix = "RINV" if odoo.rows["account.move"][one]["move_type"] == "out_refund" else "INV"
        said = {"state": "posted", "posted_before": True, "invoice_date": today, "invoice_date_due": today}
        odoo.write("account.move", [one], {**said, "name": f"{prefix}/{today[:4]}/{one:04}"})
    return False


def pay(odoo: Any, ids: list[int], _named: dict[str, Any]) -> Any:
    for wizard in (odoo.rows["account.payment.register"][one] for one in ids):
        for invoice in (odoo.rows["account.move"][one] for one in wizard["active_ids"]):
            invoice["amount_residual"] = round(invoice["amount_residual"] - wizard["amount"], 2)
            odoo.touch("account.move.line", invoice["line_ids"][0])
    return CLOSED


def reverse(odoo: Any, ids: list[int], _named: dict[str, Any]) -> Any:
    for wizard in (odoo.rows["account.move.reversal"][one] for one in ids):
        for about in (odoo.rows["account.move"][one] for one in wizard["active_ids"]):
            amounts = {name: about[name] for name in ("amount_untaxed", "amount_tax", "amount_total")}
            made = _invoice(odoo, "out_refund", about["commercial_partner_id"], about["currency_id"], amounts)
            said = {"reversed_entry_id": about["id"], "ref": f"Reversal of: {about['name']}", "narration": about["narration"]}
            odoo.rows["account.move"][made] |= said
            for line in (odoo.rows["account.move.line"][one] for one in about["invoice_line_ids"]):
                _line(odoo, made, {name: value for name, value in line.items() if name not in ("id", "move_id")})
    return CLOSED


def attach(odoo: Any, _ids: list[int], named: dict[str, Any]) -> Any:
    """What the template would send; up to version 16."""
    number = odoo.rows["account.move"][named["res_ids"]]["name"]
    attached = [f"Invoice_{number.replace('/', '_')}.pdf", base64.b64encode(printed(number)).decode()]
    said = {"subject": f"My Company Invoice (Ref {number})", "mail_server_id": False, "auto_delete": True}
    return {**said, "model": "account.move", "res_id": named["res_ids"], "attachment_ids": [], "attachments": [attached]}


def portal_address(odoo: Any, ids: list[int], named: dict[str, Any]) -> Any:
    odoo.write("account.move", ids, {"access_token": f"token-{ids[0]}"})
    return f"/my/invoices/{ids[0]}?access_token=token-{ids[0]}&report_type={named['report_type']}"


def in_portal(odoo: Any, path: str) -> bytes | None:
    """What lies at the address that an invoice says of itself; None where it is another's."""
    for one in odoo.rows["account.move"].values():
        token = one.get("access_token")
        if token and path == f"/my/invoices/{one['id']}?access_token={token}&report_type=pdf":
            return printed(one["name"])
    return None


BUTTONS: dict[tuple[str, str], Callable[[Any, list[int], dict[str, Any]], Any]] = {
    ("sale.advance.payment.inv", "create_invoices"): bill,
    ("account.move", "action_post"): post,
    ("account.payment.register", "action_create_payments"): pay,
    ("account.move.reversal", "reverse_moves"): reverse,
    ("ir.actions.report", "get_wkhtmltopdf_state"): lambda *_told: "ok",
}
UP_TO_16 = {("mail.template", "generate_email"): attach}
FROM_17 = {("account.move", "get_portal_url"): portal_address}
OF_RECORDS = tuple(method for model, method in {**BUTTONS, **UP_TO_16, **FROM_17} if model != "ir.actions.report")
