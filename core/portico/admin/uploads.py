"""A field for one small file, read into memory with a limit."""

from __future__ import annotations

from typing import Any

import colander
import deform

from portico.web.i18n import _


class FileContent(colander.SchemaType):
    """bytes. A file is never shown again in a form."""

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return colander.null

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        return cstruct if cstruct else colander.null


class FileWidget(deform.widget.Widget):
    """`accept` is a hint to the browser; what the file is, its content decides. most_bytes: larger ones are refused."""

    template = "portico/admin/file_field"
    takes_files = True
    accept = ""
    most_bytes = 512 * 1024

    def serialize(self, field: Any, cstruct: Any, **options: Any) -> Any:
        return field.renderer(self.template, field=field, cstruct="", **options)

    def deserialize(self, field: Any, pstruct: Any) -> Any:
        if pstruct is colander.null or not hasattr(pstruct, "file"):
            return colander.null
        with pstruct.file:  # a large one is a temporary file
            data = pstruct.file.read(self.most_bytes + 1)
        if len(data) > self.most_bytes:
            raise colander.Invalid(
                field.schema,
                _(
                    "This file is larger than ${size} kB. Choose a smaller one.",
                    mapping={"size": self.most_bytes // 1024},
                ),
            )
        return data or colander.null
