"""What can go wrong with quotes, each with its status and the sentence that says what to do next."""

from __future__ import annotations

from typing import Any

from portico.errors import ConflictError, DomainError, InvalidError, UnavailableError
from portico_quotes.i18n import _


class QuoteError(DomainError):
    """Root of this plugin's errors."""


class QuoteStateError(ConflictError, QuoteError):
    """The quote's state does not allow this (any more)."""

    code = "quote-state"
    message = _("This quote has moved on, so this is no longer possible. Look at how it stands now.")


class QuoteVersionError(ConflictError, QuoteError):
    """Somebody changed the draft since the version that the caller had before them. `data`: version, by."""

    code = "quote-changed"
    message = _("This draft was changed in another window. What you just entered was not saved there yet.")


class QuoteEmptyError(InvalidError, QuoteError):
    code = "quote-empty"
    message = _("This quote has no lines yet. Add at least one item.")


class QuoteTooLargeError(InvalidError, QuoteError):
    code = "quote-too-large"
    message = _(
        "A quote has at most ${most} lines. Submit this one and start another.", mapping={"most": 500}
    )


class ItemGoneError(InvalidError, QuoteError):
    """The item is not sold any more. `data`: items."""

    code = "item-gone"
    message = _("The company no longer sells this item.")


class PriceUnusableError(InvalidError, QuoteError):
    """The company's own price makes no sense: another currency, or an absurd amount."""

    code = "price-unusable"
    message = _("The company's price of this item cannot be used at the moment. Ask the company about it.")


class PricesChangedError(ConflictError, QuoteError):
    """Prices differ from those shown. `data`: changes, confirmation (send it back to agree); None: something blocks.

    comparison: the `submission.Comparison`, for pages.
    """

    comparison: Any = None

    code = "prices-changed"
    message = _(
        "Prices have changed since they were shown. Look at the differences and confirm the new prices."
    )


class QuoteExpiredError(ConflictError, QuoteError):
    code = "quote-expired"
    message = _("This offer is no longer valid, so it cannot be accepted. Ask the company for a new one.")


class NotLinkedError(ConflictError, QuoteError):
    code = "account-not-linked"
    message = _(
        "Your organisation is not linked to the company's records yet. The company has to do that first."
    )


class UnknownCustomerError(ConflictError, QuoteError):
    code = "customer-unknown"
    message = _(
        "The company's system does not know your organisation at the moment. Please tell the company."
    )


class NoConnectionError(UnavailableError, QuoteError):
    code = "no-connection"
    message = _("This company has not connected its system yet. Nothing was lost.")


class CannotDecideError(ConflictError, QuoteError):
    code = "cannot-decide"
    message = _("This company's system takes no answers from here. Please answer the company directly.")
