"""Why a file is not taken, or not given out; each says what to do next."""

from __future__ import annotations

from portico.errors import ConflictError, DomainError, InvalidError, UnavailableError
from portico.web.i18n import _


class FileError(DomainError):
    """Root of what can go wrong with files."""


class FileRefusedError(InvalidError, FileError):
    """The file itself is not taken. The message says why, and is told at the field "file"."""

    code = "file-refused"
    message = _("This file cannot be taken. Choose another.")
    remedy = _(
        "Files are taken by what they hold, not by their name: pictures, PDF, office documents without macros, text, tables and "
        "ZIP archives. “errors” says what is wrong with this one."
    )

    def __init__(self, why: object = None) -> None:
        super().__init__(why, fields={"/file": why or self.message})


class FileTooLargeError(FileRefusedError):
    code = "file-too-large"
    message = _("This file is larger than the portal takes. Make it smaller, or send it in parts.")
    remedy = _("The file is larger than the portal takes. Make it smaller, or send it in parts.")


class QuotaError(FileRefusedError):
    code = "files-full"
    message = _("There is no space left for files. Remove some, or tell the company.")
    remedy = _(
        "The company's space for files is used up. Files that are not needed can be removed; whoever runs the portal can give "
        "more."
    )


class TooManyFilesError(FileRefusedError):
    code = "too-many-files"
    message = _("There are as many files here as can be. Remove one that is not needed.")
    remedy = _("A record holds a limited number of files. Remove one that is not needed, or put several into one archive.")


class NotCleanError(ConflictError, FileError):
    code = "file-not-checked"
    message = _("This file is still being checked for viruses. Try again in a moment.")
    remedy = _("A file can be downloaded once the virus scanner has looked at it. Read its state again in a few seconds.")


class InfectedError(ConflictError, FileError):
    code = "file-infected"
    message = _("A virus was found in this file, so nobody can download it. Remove it.")
    remedy = _("The virus scanner refused the file. Its content is gone; remove the entry, and upload a clean file.")


class LinkExpiredError(FileError):
    status = 410
    code = "file-link-expired"
    message = _("This link was good for a minute and is over. Go back to the page of the file and download it again.")
    remedy = _("Links to files are good for a minute, and for the session that asked for them. Ask for a new one.")


class StorageAwayError(UnavailableError, FileError):
    code = "storage-away"
    message = _("Files cannot be stored or read at the moment. Nothing was lost; please try again in a minute.")
    remedy = _("The storage of files does not answer. Repeat the request in a minute; if it lasts, tell the company.")
