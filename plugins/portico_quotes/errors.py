"""What can go wrong with quotes, each with its status and the sentence that says what to do next."""

from __future__ import annotations

from typing import Any

from portico.errors import ConflictError, DomainError, ForbiddenError, InvalidError, UnavailableError
from portico_quotes.i18n import _


class QuoteError(DomainError):
    """Root of this plugin's errors."""


class QuoteStateError(ConflictError, QuoteError):
    """The quote's state does not allow this (any more)."""

    code = "quote-state"
    message = _("This quote has moved on, so this is no longer possible. Look at how it stands now.")
    remedy = _(
        "Each step of a quote is possible in some states only: a draft can be changed, an offer accepted, a "
        "closed one neither. Read the quote again to see its state."
    )


class NotADraftError(QuoteStateError):
    """Of several that were chosen, one that this does not go with."""

    message = _("This is not a draft.")


class TooManyAtOnceError(InvalidError, QuoteError):
    code = "too-many-at-once"
    message = _("These were too many prices to ask at once. Choose it again.")
    remedy = _(
        "Several quotes are priced in a few questions to the company's system, and these would have been more. Those named were "
        "left as they were: send them again, fewer at a time."
    )


class QuoteVersionError(ConflictError, QuoteError):
    """Somebody changed the draft since the version that the caller had before them. `data`: version, by."""

    code = "quote-changed"
    message = _("This draft was changed in another window. What you just entered was not saved there yet.")
    remedy = _(
        "The draft has a version, and yours was older than the one stored. Read the draft again, apply your "
        "change to it, and send it with the new version."
    )


class QuoteEmptyError(InvalidError, QuoteError):
    code = "quote-empty"
    message = _("This quote has no lines yet. Add at least one item.")
    remedy = _(
        "A quote can be submitted once it has at least one line with a quantity. Add an item first."
    )


class QuoteTooLargeError(InvalidError, QuoteError):
    code = "quote-too-large"
    message = _(
        "A quote has at most ${most} lines. Submit this one and start another.", mapping={"most": 500}
    )
    remedy = _(
        "The number of lines of a quote is limited so that prices can be asked in one go. Submit this quote "
        "and put the other items into another."
    )


class TooManyTemplatesError(InvalidError, QuoteError):
    code = "too-many-templates"
    message = _("You have ${most} templates already. Delete some that you do not need.", mapping={"most": 200})
    remedy = _("A person keeps a limited number of templates in one organisation. Delete one before you keep another.")


class ItemGoneError(InvalidError, QuoteError):
    """The item is not sold any more. `data`: items."""

    code = "item-gone"
    message = _("The company no longer sells this item.")
    remedy = _(
        "The item was taken out of the company's catalogue after you had chosen it. “items” names it. Remove "
        "the line, or choose another item."
    )


class PriceUnusableError(InvalidError, QuoteError):
    """The company's own price makes no sense: another currency, or an absurd amount."""

    code = "price-unusable"
    message = _("The company's price of this item cannot be used at the moment. Ask the company about it.")
    remedy = _(
        "The company's system gave a price in another currency, or one that cannot be right, so it is not "
        "shown. Only the company can correct it."
    )


class PricesChangedError(ConflictError, QuoteError):
    """Prices differ from those shown. `data`: changes, confirmation (send it back to agree); None: something blocks.

    comparison: the `submission.Comparison`, for pages.
    """

    comparison: Any = None

    code = "prices-changed"
    message = _(
        "Prices have changed since they were shown. Look at the differences and confirm the new prices."
    )
    remedy = _(
        "Between the last look and now the company's prices changed. “changes” lists each line; send "
        "“confirmation” back with the request to agree to the new prices."
    )


class QuoteExpiredError(ConflictError, QuoteError):
    code = "quote-expired"
    message = _("This offer is no longer valid, so it cannot be accepted. Ask the company for a new one.")
    remedy = _(
        "The offer's last day has passed. Start a new quote at today's prices, or ask the company to extend it."
    )


class RevisionAskedError(ConflictError, QuoteError):
    code = "revision-asked"
    message = _("Changes were asked for already. Withdraw that first, or wait for the company.")
    remedy = _("A quote has one open request for changes at a time. Withdraw it, and ask for all that is to be different.")


class UndoTooLateError(ConflictError, QuoteError):
    """The answer is on its way to the company, or there is none."""

    code = "undo-too-late"
    message = _("The company has been told already, so this cannot be undone here any more. Please ask the company.")
    remedy = _(
        "An answer can be undone until “answer_due_at”. After that it is with the company, which alone can still change it."
    )


class OfferChangedError(ConflictError, QuoteError):
    """It is not the offer any more that the customer saw and agrees to."""

    code = "offer-changed"
    message = _("The offer has changed since you saw it. Look at it again.")
    remedy = _(
        "An acceptance names the version of the quote that was read, and the company has changed its offer since then. "
        "Read the quote again, and accept it with its new version if you agree to it as it is now."
    )


class LinkShowsOnlyError(ForbiddenError, QuoteError):
    code = "link-shows-only"
    message = _("This link only shows the offer. Sign in to answer it.")
    remedy = _(
        "The company does not take answers by links from mails, or your sign-in asks for more than your mailbox. Sign in, and "
        "answer on the quote's page."
    )


class NotLinkedError(ConflictError, QuoteError):
    code = "account-not-linked"
    message = _(
        "Your organisation is not linked to the company's records yet. The company has to do that first."
    )
    remedy = _(
        "The portal does not know yet which customer of the company you are, so there are no prices of your "
        "own. The company links the two on the page of your organisation."
    )


class UnknownCustomerError(ConflictError, QuoteError):
    code = "customer-unknown"
    message = _(
        "The company's system does not know your organisation at the moment. Please tell the company."
    )
    remedy = _(
        "The customer number that your organisation has here is not known in the company's system any more. "
        "Tell the company; it can correct the link."
    )


class NoConnectionError(UnavailableError, QuoteError):
    code = "no-connection"
    message = _("This company has not connected its system yet. Nothing was lost.")
    remedy = _(
        "Prices and submissions need the company's own system, and none is connected, or it is switched off. "
        "An administrator of the company can connect it."
    )


class CannotDecideError(ConflictError, QuoteError):
    code = "cannot-decide"
    message = _("This company's system takes no answers from here. Please answer the company directly.")
    remedy = _(
        "The company's system does not let the portal accept or decline offers. Write to or call the company "
        "to answer this one."
    )
