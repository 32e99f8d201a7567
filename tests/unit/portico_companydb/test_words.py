"""What goes wrong in a company's database is said in the reader's language, whatever the server speaks."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from portico.web.i18n import translate
from portico_companydb import mapping
from portico_companydb.database import contract_error
from portico_erp.errors import ConnectorError, InvalidValueError


class DriverError(Exception):
    def __init__(self, sqlstate: str, words: str, constraint: str | None = None) -> None:
        super().__init__(words)
        self.sqlstate, self.diag = sqlstate, SimpleNamespace(constraint_name=constraint)


@pytest.mark.parametrize(
    ("state", "words", "english", "arabic"),
    [
        ("42P01", 'relation "orders" does not exist\nLINE 1', "there is no table “orders”", "لا يوجد جدول باسم «orders»"),
        ("42P01", "la relation « orders » n'existe pas", "there is no table “orders”", "«"),
        ("42703", "column orders.total does not exist", "there is no column “orders.total”", "لا يوجد عمود"),
        ("42501", "permission denied for table orders", "lacks a right to “orders”", "لا يملك صلاحية على «orders»"),
        ("23514", "violates check", "refused the data (quantity_positive)", "(quantity_positive)"),
        ("22003", "numeric field overflow", "refused the data (22003)", "رفضت قاعدة البيانات"),
    ],
)
def test_a_drivers_error_is_said_in_our_words(state: str, words: str, english: str, arabic: str) -> None:
    error = contract_error(DriverError(state, words, "quantity_positive" if state == "23514" else None))
    assert isinstance(error, ConnectorError)
    assert english in translate("en", error.message)
    assert arabic in translate("ar", error.message)
    assert "does not exist" not in translate("ar", error.message)


@pytest.mark.parametrize("field", ["price", "tax_rate", "name", "quantity"])
@pytest.mark.parametrize("code", ["negative", "not_a_number", "too_large", "too_long", "missing"])
def test_a_bad_value_is_said_with_the_words_of_its_column(field: str, code: str) -> None:
    def build() -> None:
        raise InvalidValueError(field, code, "x")

    problem = mapping.attempt("material:X", {}, build)
    assert isinstance(problem, mapping.Problem)
    for locale in ("fr", "ar"):
        said = translate(locale, problem.message)
        assert field not in said
        assert said != translate("en", problem.message)
