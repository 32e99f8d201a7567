"""Text that is more than text where it is not escaped, and a reader of pages that notices it."""

from __future__ import annotations

from html.parser import HTMLParser

TRAPS = ("<portico-x{0}>", '"><portico-x{0} a="', "'><portico-x{0}>", "</textarea></title></style></script><portico-x{0}>", "--><portico-x{0}>",
         "]]><portico-x{0}>", '" onportico="{0}', "' onportico='{0}", "` onportico=`{0}", "<svg/onload=portico({0})>",
         "<img src=x onerror=portico({0})>", '<a href="javascript:portico({0})">x</a>', "&lt;portico-x{0}&gt;", "{{{{1234*5678}}}}",
         "${{1234*5678}}", "<%= 1234*5678 %>", "{{% print(1234*5678) %}}", "a\r\nX-Portico: {0}", "\u202eportico-x{0}", "${{name}}")
COMPUTED = "7006652"
"""What the template syntax among them comes to where it is run."""


class Reader(HTMLParser):
    """`alive`: what of the traps is no text on this page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.alive: list[str] = [COMPUTED] if COMPUTED in text else []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag.startswith("portico-x"):
            self.alive.append(tag)
        for name, value in attrs:
            said = (value or "").strip().lower()
            runs = name.startswith("on") and "portico(" in said or said.startswith(("javascript:", "data:text/html"))
            if name == "onportico" or runs:
                self.alive.append(f"{tag} {name}={said[:60]}")
