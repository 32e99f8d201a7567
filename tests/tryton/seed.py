"""Fills an empty Tryton database with a company, its chart of accounts, products, a price list, customers and users.

Runs in the environment of the server, not in the portal's: python seed.py CONFIG PASSWORD
"""

# mypy: ignore-errors
from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal

from proteus import Model, Wizard, config

DATABASE = "erp"
GROUPS = ("Sales", "Accounting", "Stock")


def main(config_file: str, password: str) -> None:
    settings = config.set_trytond(f"sqlite:///{DATABASE}", config_file=config_file)
    company, country = a_company()
    settings._context = Model.get("res.user").get_preferences(True, {})
    accounts = a_chart(company)
    a_fiscal_year(company)
    shelf = a_shelf(company, accounts)
    products = a_catalogue(shelf)
    price_list = a_price_list(products[0])
    customers(country, price_list)
    some_stock(products)
    a_way_to_pay()
    users(company, password)
    documents_as_pdf()
    first_order(products)


def a_company():
    currency = Model.get("currency.currency")
    euro = currency(name="Euro", symbol="€", code="EUR", numeric_code="978", rounding=Decimal("0.01"), digits=2)
    rate = euro.rates.new()
    rate.date, rate.rate = dt.date(2020, 1, 1), Decimal(1)
    euro.save()
    country = Model.get("country.country")(name="Germany", code="DE", code3="DEU", code_numeric="276")
    country.save()
    own = Model.get("party.party")(name="Deco Manufacturing GmbH")
    own.addresses[0].street, own.addresses[0].city, own.addresses[0].country = "Werkstr. 1", "Berlin", country
    own.save()
    wizard = Wizard("company.company.config")
    wizard.execute("company")
    wizard.form.party, wizard.form.currency = own, euro
    wizard.execute("add")
    (company,) = Model.get("company.company").find()
    return company, country


def a_chart(company):
    data, account = Model.get("ir.model.data"), Model.get("account.account")
    template = Model.get("account.account.template")(data.get_id("account.account_template_root_en", {}))
    wizard = Wizard("account.create_chart")
    wizard.execute("account")
    wizard.form.account_template, wizard.form.company = template, company
    wizard.execute("create_account")

    def one(kind):
        domain = [(f"type.{kind}", "=", True), ("company", "=", company.id), ("closed", "!=", True)]
        if kind in ("receivable", "payable"):
            domain.append(("party_required", "=", True))
        return account.find(domain, limit=1)[0]

    accounts = {kind: one(kind) for kind in ("receivable", "payable", "revenue", "expense")}
    wizard.form.account_receivable, wizard.form.account_payable = accounts["receivable"], accounts["payable"]
    if hasattr(wizard.form, "category_account_expense"):
        wizard.form.category_account_expense = accounts["expense"]
        wizard.form.category_account_revenue = accounts["revenue"]
    wizard.execute("create_properties")
    return accounts


def a_fiscal_year(company):
    strict, kinds = Model.get("ir.sequence.strict"), Model.get("ir.sequence.type")
    year = dt.date.today().year
    found = Model.get("account.fiscalyear")(name=str(year))
    found.start_date, found.end_date, found.company = dt.date(year, 1, 1), dt.date(year, 12, 31), company
    (moves,) = kinds.find([("name", "=", "Account Move")])
    sequence = strict(name="Moves", sequence_type=moves, company=company)
    sequence.save()
    found.move_sequence = sequence
    (invoices,) = kinds.find([("name", "=", "Invoice")])
    sequence = strict(name="Invoices", sequence_type=invoices, company=company, prefix=f"INV-{year}-", padding=5)
    sequence.save()
    found.invoice_sequences.pop()
    numbers = found.invoice_sequences.new()
    numbers.in_invoice_sequence = numbers.in_credit_note_sequence = sequence
    numbers.out_invoice_sequence = numbers.out_credit_note_sequence = sequence
    found.save()
    found.click("create_period")


def a_shelf(company, accounts):
    """Categories by name; "Standard" is the accounting one, with tax."""
    category = Model.get("product.category")
    tax = Model.get("account.tax")(name="VAT 19%", description="VAT 19%", type="percentage", rate=Decimal("0.19"))
    tax.company = company
    account = Model.get("account.account")
    tax.invoice_account = tax.credit_note_account = (account.find([("name", "=", "Main Tax")], limit=1) or [accounts["payable"]])[0]
    tax.save()
    standard = category(name="Standard", accounting=True)
    standard.account_expense, standard.account_revenue = accounts["expense"], accounts["revenue"]
    standard.customer_taxes.append(tax)
    standard.save()
    found = {"Standard": standard}
    for name in ("Sheets", "Fittings", "Work", "Charges"):
        found[name] = category(name=name)
        found[name].save()
    return found


def a_catalogue(shelf):
    """24 products: 17 sheets, 5 fittings, one service, one charge."""
    uom, template = Model.get("product.uom"), Model.get("product.template")
    (unit,), (square,), (hour,) = (uom.find([("symbol", "=", symbol)]) for symbol in ("u", "m²", "h"))
    category = type(shelf["Standard"])

    def product(code, name, kind, unit_of_measure, price, on):
        one = template()
        one.name, one.code, one.type, one.default_uom = name, code, kind, unit_of_measure
        one.salable, one.list_price, one.account_category = True, Decimal(price), shelf["Standard"]
        one.categories.append(category(shelf[on].id))
        one.save()
        return one.products[0]

    found = [product(f"M{n}", f"Sheet {n}", "goods", square, f"{n}.99", "Sheets") for n in range(1, 18)]
    found += [product(f"A{n}", f"Fitting {n}", "goods", unit, f"{n}", "Fittings") for n in range(1, 6)]
    found.append(product("S1", "Installation", "service", hour, "80", "Work"))
    found.append(product("F1", "Packing", "service", unit, "12.50", "Charges"))
    return found


def a_price_list(product):
    found = Model.get("product.price_list")(name="Gold", price="list_price")
    for quantity, formula in ((100, "Decimal('0.5')"), (10, "Decimal('0.8765')"), (0, "Decimal('0.95')")):
        line = found.lines.new(formula=formula)
        line.product, line.quantity = product, quantity
    found.lines.new(formula="unit_price")
    found.save()
    return found


def customers(country, price_list):
    term = Model.get("account.invoice.payment_term")(name="30 days net")
    line = term.lines.new(type="remainder")
    line.relativedeltas.new().days = 30
    term.save()
    for code, name, mail, claim in (
        ("C1", "Société Générique", "Buyer@Customer.example", "PORTAL-1a2B"),
        ("C2", "Other Ltd", "other@customer.example", None),
    ):
        one = Model.get("party.party")(name=name, code=code)
        one.addresses[0].street, one.addresses[0].city, one.addresses[0].country = "Hauptstr. 5", "Hamburg", country
        one.customer_payment_term = term
        if code == "C1":
            one.sale_price_list = price_list
        mechanism = one.contact_mechanisms.new()
        mechanism.type, mechanism.value = "email", mail
        if claim:
            one.identifiers.new(code=claim)
        one.save()


def some_stock(products):
    (place,) = Model.get("stock.location").find([("code", "=", "STO")])
    inventory = Model.get("stock.inventory")(location=place)
    for product in products[:4]:  # what was ever in stock can never be deleted
        line = inventory.lines.new(product=product)
        line.quantity, line.expected_quantity = 1000, 0
    inventory.click("confirm")


def a_way_to_pay():
    (journal,) = Model.get("account.journal").find([("type", "=", "cash")])
    (cash,) = Model.get("account.account").find([("code", "=", "1.1.1")])
    method = Model.get("account.invoice.payment.method")(name="Bank", journal=journal)
    method.debit_account = method.credit_account = cash
    method.save()


def users(company, password):
    """portico: what the portal logs in as, with the groups of the documentation. staff: the company's people."""
    user, group = Model.get("res.user"), Model.get("res.group")
    for login, groups in (
        ("portico", group.find([("name", "in", GROUPS)])),
        ("staff", group.find([])),
        ("nobody", []),
    ):
        one = user(name=login.title(), login=login, password=password, email=f"{login}@example.test")
        for each in groups:
            one.groups.append(group(each.id))
        one.companies.append(type(company)(company.id))
        one.company, one.company_filter = company, "all"
        one.save()


def documents_as_pdf():
    report = Model.get("ir.action.report")
    for one in report.find([("report_name", "in", ["account.invoice", "sale.sale"])]):
        one.extension = "pdf"
        one.save()


def first_order(products):
    (customer,) = Model.get("party.party").find([("code", "=", "C1")])
    sale = Model.get("sale.sale")(party=customer)
    line = sale.lines.new()
    line.product, line.quantity = products[1], 3
    for step in ("quote", "confirm", "process"):
        sale.click(step)


if __name__ == "__main__":
    main(*sys.argv[1:3])
