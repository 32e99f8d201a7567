"""Settings that make no sense are refused with the field and a sentence that every reader gets in their language."""

from __future__ import annotations

import pytest

from portico.web.i18n import translate
from portico_companydb.settings import DatabaseSettings
from portico_erp.errors import ConnectorRejectedError

GOOD = {"host": "db.example", "database": "erp", "user": "portal", "currency": "EUR", "password": "x"}


@pytest.mark.parametrize("given", [{"host": "not a host"}, {"port": "70000"}, {"currency": "EURO"}, {"user": ""}])
def test_a_wrong_setting_is_named_and_explained_in_each_language(given: dict[str, str]) -> None:
    with pytest.raises(ConnectorRejectedError) as refused:
        DatabaseSettings.read({**GOOD, **given}, {})
    assert refused.value.field == next(iter(given))
    assert len({translate(language, refused.value.message) for language in ("en", "fr", "ar")}) == 3


def test_settings_that_fit_are_read() -> None:
    assert DatabaseSettings.read(GOOD, {}).port == 5432
