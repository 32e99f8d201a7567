"""`portico docs`: writes the pages of docs/ that are made of the code, or says which are out of date."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import portico
from portico import hookspecs
from portico.cli.commands import Command, CommandError
from portico.connections.sync import SyncEntity
from portico.pluginhost import declared, manifest, values
from portico.pluginhost.host import PluginHost, specified
from portico.settings import Settings

PARTS = ("Called", "Return", "Order", "Errors")
NOTE = "<!-- Made by `portico docs` from the code. Change it there. -->\n"
SECRETS = frozenset({"master_key"})


def docs(parser: argparse.ArgumentParser) -> Command:
    """Write the generated pages of the documentation.

    The hooks, the settings, the keys of plugin.toml and the commands are described where they are defined; these pages
    are made of that. Works in a checkout of the source.
    """
    parser.add_argument("--check", action="store_true", help="change nothing; exit status 1 if a page is out of date")
    parser.add_argument("--folder", type=Path, default=default_folder(), help="the folder docs (default: %(default)s)")

    def run(settings: Settings, options: argparse.Namespace) -> int:
        if not options.folder.is_dir():
            raise CommandError(f"there is no folder {options.folder}; name the folder docs of a checkout with --folder")
        stale = list(out_of_date(options.folder))
        for path, text in () if options.check else stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for path, _text in stale:
            print(f"{path.relative_to(options.folder)} {'is out of date' if options.check else 'written'}")
        return 1 if options.check and stale else 0

    return run


def default_folder() -> Path:
    return Path(portico.__path__[0]).resolve().parents[1] / "docs"


def out_of_date(folder: Path) -> Iterator[tuple[Path, str]]:
    """The pages that are not as they would be written now, with what they would say."""
    for name, page in PAGES.items():
        text = page()
        file = folder / name
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            yield file, text


# -- hooks -----------------------------------------------------------------------------------------------------------


def specifications() -> dict[str, Callable[..., Any]]:
    """Every hook that core specifies, in the order of the module."""
    return specified(hookspecs)


def offered() -> dict[str, ModuleType]:
    """The plugins of this checkout that specify hooks of their own → the module `hookspecs` of each."""
    here = default_folder().parent
    names = sorted(name for name, one in PluginHost.discover().manifests.items() if here in one.folder.resolve().parents)
    return {name: import_module(f"{name}.hookspecs") for name in names if find_spec(f"{name}.hookspecs")}


def described(hook: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """A hook's first paragraph, and its parts by name (those that its docstring has)."""
    text = inspect.getdoc(hook) or ""
    lead, _, rest = text.partition("\n\n")
    found = re.split(rf"^({'|'.join(PARTS)}): ", rest, flags=re.MULTILINE)
    return flat(lead), {name: flat(words) for name, words in zip(found[1::2], found[2::2], strict=True)}


def hooks_page() -> str:
    names = specifications()
    at_start = ("register_routes", "register_jobs", "connector_types", "sync_entities")
    lines = [
        "# Hooks\n", NOTE,
        "A plugin answers a hook by a function of its name in `hooks.py`, marked `@hookimpl` "
        "(`from portico.pluginhost import hookimpl`). It may leave out arguments that it does not need. A function that no "
        "hook is named after stops the start.\n",
        "**At start** every installed plugin is asked, once per process. **Later** only plugins that the company has "
        "switched on are asked, and one that raises is logged with its name and leaves the others alone.\n",
        "| Hook | When | What it is for |", "|---|---|---|",
        *(f"| [`{name}`](#{name}) | {'at start' if name in at_start else 'later'} | {described(hook)[0]} |"
          for name, hook in names.items()),
        "",
    ]  # fmt: skip
    for name, hook in names.items():
        lines += hook_lines(name, hook)
    lines += ["# Values\n", "What hooks give back, from `portico.pluginhost.values` and `portico.connections.sync`.\n"]
    for kind in (*value_types(values), SyncEntity):
        lines += [f"## {kind.__name__}\n", *value_lines(kind), ""]
    for plugin, module in offered().items():
        lines += [f"# Hooks of {plugin}\n", f"{flat(inspect.getdoc(module) or '')}\n"]
        for name, hook in specified(module).items():
            lines += hook_lines(name, hook)
        lines += [f"What they give back, from `{plugin}.values`.\n"]
        for kind in value_types(import_module(f"{plugin}.values")):
            lines += [f"## {kind.__name__}\n", *value_lines(kind), ""]
    return "\n".join(lines)


def hook_lines(name: str, hook: Callable[..., Any]) -> list[str]:
    lead, parts = described(hook)
    signature = str(inspect.signature(hook)).replace("'", "")
    head = [f"## {name}\n", f"```python\ndef {name}{signature}\n```\n", f"{lead}\n"]
    return [*head, *(f"- **{part}:** {words}" for part, words in parts.items()), ""]


def value_types(module: ModuleType) -> list[type]:
    return [kind for kind in vars(module).values() if dataclasses.is_dataclass(kind) and isinstance(kind, type)]


def value_lines(kind: Any) -> Iterator[str]:
    words = inspect.getdoc(kind) or ""
    if not words.startswith(kind.__name__ + "("):  # dataclasses make one up
        yield flat(words) + "\n"
    yield "| Field | Type | Default |"
    yield "|---|---|---|"
    for field in dataclasses.fields(kind):
        yield f"| `{field.name}` | `{cell(str(field.type))}` | {default_of(field)} |"


# -- settings --------------------------------------------------------------------------------------------------------


def explained(kind: Any) -> dict[str, str]:
    """Field → what the class's docstring says of it, in lines `name: words` that may go on in the next."""
    known = {field.name for field in dataclasses.fields(kind)}
    found: dict[str, str] = {}
    name = ""
    for line in (inspect.getdoc(kind) or "").splitlines():
        start = re.match(r"(\w+): (.*)", line)
        if start and start[1] in known:
            name, line = start[1], start[2]
        if name:
            found[name] = f"{found.get(name, '')} {line.strip()}".strip()
    return found


def settings_page() -> str:
    words = explained(Settings)
    lines = [
        "# Settings\n", NOTE,
        "Each setting may stand in the ini file that `PORTICO_CONFIG` names, in `[app:main]`, as `portico.name`, or in the "
        "environment as `PORTICO_NAME`. The environment wins. An unknown name stops the start. Secrets belong in the "
        "environment.\n",
        "| Ini file | Environment | Default | What it is for |", "|---|---|---|---|",
    ]  # fmt: skip
    for field in dataclasses.fields(Settings):
        shown = "" if field.name in SECRETS else default_of(field)
        lines.append(f"| `portico.{field.name}` | `PORTICO_{field.name.upper()}` | {shown} | {cell(words[field.name])} |")
    return "\n".join(lines) + "\n"


# -- manifest and commands -------------------------------------------------------------------------------------------


def manifest_page() -> str:
    words = manifest_words()
    lines = [
        "# plugin.toml\n", NOTE,
        "What a plugin says of itself, readable without running its code. It lies beside the package's `__init__.py`; an "
        "unknown key is an error.\n",
        "| Key | Default | Meaning |", "|---|---|---|",
    ]  # fmt: skip
    for field in dataclasses.fields(manifest.Manifest):
        if field.name != "folder":
            lines.append(f"| `{field.name}` | {default_of(field)} | {cell(words.get(field.name, ''))} |")
    lines += [
        "", f"`kind` is one of {quoted(manifest.KINDS)}. Built-in roles are {quoted(manifest.BUILT_IN_ROLES)}.\n",
        "## Settings\n",
        "A table `[settings.<name>]` is a setting. Administrators of a company that has the plugin on find it on the "
        "plugin's page, made of these keys; what they save counts at once, on every process.\n",
        "| Key | Default | Meaning |", "|---|---|---|",
        *(f"| `{field.name}` | {default_of(field)} | {cell(setting_words()[field.name])} |"
          for field in dataclasses.fields(declared.Setting) if field.name != "name"),
        "", "The plugin reads `portico.pluginhost.settings.values(tenant, manifest)`, or the raw values of "
        "`tenant.plugin_settings[name]`, which hold only what differs from the defaults.\n",
        "## Names\n",
        "Every name that others can see begins with the plugin's *owner word*: the package's name without `portico_` "
        "(`quotes` for `portico_quotes`, `stranger_parcels` for `stranger_parcels`). So do permissions (`quotes:view`), "
        "routes (`quotes.list`) and jobs (`quotes.submit`).\n",
    ]  # fmt: skip
    return "\n".join(lines)


def manifest_words() -> dict[str, str]:
    return {
        "name": "The import name of the package, which is the plugin's name everywhere.",
        "title": "What people call it; translated like any text.",
        "version": "Its own version.",
        "kind": "What it mainly is.",
        "requires": "Plugins that must be installed, and on, for this one.",
        "core": "The revision of core's tables that it needs, for example `c0001`; checked before any migration.",
        "default": "Whether a new company has it on.",
        "tables": "What the names of its tables begin with.",
        "description": "One sentence for those who switch it on.",
        "permissions": "Table: name → one sentence that people read when they compose roles.",
        "roles": "Table: built-in role → those of its permissions that the role has.",
        "settings": "Table: name → a setting that a company's administrators find on its page; see below.",
    }


def setting_words() -> dict[str, str]:
    return {
        "type": f"One of {quoted(tuple(declared.TYPES))}: a whole number, a box, a text, one of `choices`, any of `choices`, "
        "a text in each language of the company.",
        "default": "What counts for a company that set nothing; must keep the limits itself.",
        "title": "The field's label; translated like any text.",
        "description": "Help below the field; translated.",
        "minimum": "The smallest `integer`.",
        "maximum": "The largest `integer`.",
        "longest": "The most characters of a `text`.",
        "choices": "Table: value → what people read; translated. For `choice` and `list`.",
    }


def commands_page() -> str:
    from portico.cli.commands import core_commands

    lines = ["# Commands\n", NOTE, "`portico COMMAND --help` says more. Plugins may add commands (entry points in the group "
             "`portico.commands`).\n"]  # fmt: skip
    for name, add in core_commands():
        lead, _, rest = (inspect.getdoc(add) or "").partition("\n\n")
        lines += [f"## portico {name}\n", f"{flat(lead)}\n"]
        if rest:
            lines.append(f"```text\n{rest}\n```\n")
    return "\n".join(lines)


# -- words -----------------------------------------------------------------------------------------------------------


def default_of(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        if field.default in (None, "", (), b""):
            return ""
        if callable(field.default):
            return f"`{field.default.__name__}`"
        return f"`{cell(str(field.default).lower() if isinstance(field.default, bool) else str(field.default))}`"
    return "" if field.default_factory is not dataclasses.MISSING else "required"


def flat(text: str) -> str:
    return " ".join(text.split())


def cell(text: str) -> str:
    return flat(text).replace("|", "\\|")


def quoted(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


PAGES: Mapping[str, Callable[[], str]] = {
    "hooks/index.md": hooks_page,
    "operations/settings.md": settings_page,
    "operations/commands.md": commands_page,
    "plugins/manifest.md": manifest_page,
}
"""Page → what writes it."""

COMMANDS = (("docs", docs),)
