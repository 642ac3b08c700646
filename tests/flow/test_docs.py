"""The documents say what the code does: settings, states, journal events, dependencies, examples, links.

Each test reads one document and the code it is about, and names what is missing or too much.
"""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from gatewayd.config import Profile, Secret, Settings, load
from gatewayd.config.profile import names
from gatewayd.core.states import FINAL, TRANSITIONS, DeliveryState, Event
from gatewayd.wire.form import Numbering, read_form
from gatewayd.wire.payload import Job, parse_job
from gatewayd.wire.replies import read_reply

ROOT: Final = Path(__file__).resolve().parents[2]
CONFIGURATION: Final = ROOT / "docs" / "configuration.md"
ARCHITECTURE: Final = ROOT / "docs" / "architecture.md"
DEPENDENCIES: Final = ROOT / "docs" / "dependencies.md"
MODEMS: Final = ROOT / "docs" / "modems.md"
README: Final = ROOT / "README.md"
EXAMPLE: Final = ROOT / "config" / "gatewayd.toml"

_TOKEN_KEYS: Final = {
    "token_endpoint", "client_id", "client_secret", "refresh_token", "scope", "ca_file", "timeout", "rotated_file",
}  # fmt: skip
#: Keys that the example leaves out: few installations touch them.
ONLY_IN_DOCS: Final = {
    "mailbox": {"auth", "oauth2", "ca_file", "timeout", "trust_all_senders"},
    "mailbox.oauth2": _TOKEN_KEYS,
    "bounces.oauth2": _TOKEN_KEYS,
    "smtp.oauth2": _TOKEN_KEYS,
    "bounces": {
        "auth", "oauth2", "ca_file", "folder", "processed_folder", "quarantine_folder", "poll", "idle", "timeout",
        "max_bytes",
    },
    "smtp": {"auth", "oauth2", "ca_file", "reply_to", "helo_name", "timeout", "data_timeout"},
    "mqtt": {"auth", "ca_file", "client_id", "keepalive", "session_expiry", "receive_maximum", "timeout"},
    "modems": {"smsc", "command_gap", "submit_timeout"},
    "units": {"max_recipients"},
}  # fmt: skip

_HEADING: Final = re.compile(r"^#{2,3} (?:`\[+([a-zA-Z0-9_.]+)\]+`|(Secrets))$")
_ROW: Final = re.compile(r"^\| `([a-z0-9_]+)` \| .* \| (required|none|`[^|]*`) \| \S.* \|$")


def sections() -> dict[str, type[BaseModel]]:
    """Every section of the settings by its path, such as "mqtt.clients"; a table of tables ends in ".NAME"."""
    return dict(_sections(Settings, "")) | {"Secrets": Secret}


def _sections(model: type[BaseModel], path: str) -> Iterator[tuple[str, type[BaseModel]]]:
    model.model_rebuild()
    for key, field in model.model_fields.items():
        for inner in _models(field.annotation):
            if inner is Secret:
                continue
            here = f"{path}{key}{'.NAME' if 'dict' in str(field.annotation) else ''}"
            yield here, inner
            yield from _sections(inner, f"{here}.")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def documented() -> dict[str, dict[str, str]]:
    """Section → key → cell of its default, as docs/configuration.md has them."""
    found: dict[str, dict[str, str]] = {}
    rows: dict[str, str] = {}
    for line in CONFIGURATION.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = _HEADING.match(line)
            rows = found.setdefault(heading[1] or heading[2], {}) if heading else {}
        elif row := _ROW.match(line):
            rows[row[1]] = row[2]
    return {section: rows for section, rows in found.items() if rows}


def written_default(field: FieldInfo, cell: str) -> object:
    """What the cell stands for, read as a value of the settings file would be."""
    if cell in ("required", "none"):
        return cell
    given = tomllib.loads(f"value = {cell.strip('`')}")["value"]
    adapter: TypeAdapter[object] = TypeAdapter(field.rebuild_annotation())
    return adapter.validate_python(given)


def real_default(field: FieldInfo) -> object:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    return "none" if default is None else default


@pytest.mark.parametrize("section", sections())
def test_the_page_has_every_key_of_the_section_and_no_other(section: str) -> None:
    assert set(documented().get(section, {})) == set(sections()[section].model_fields)


def test_the_page_has_no_section_that_the_settings_do_not_have() -> None:
    assert set(documented()) == set(sections())


@pytest.mark.parametrize(("section", "key"), [(section, key) for section, keys in documented().items() for key in keys])
def test_the_page_names_the_default_that_holds(section: str, key: str) -> None:
    field = sections()[section].model_fields[key]
    assert written_default(field, documented()[section][key]) == real_default(field)


def test_the_example_is_valid() -> None:
    load(EXAMPLE)


def example_keys(section: str) -> set[str]:
    """The keys that the example gives for `section` in any of its entries; what is commented out counts."""
    entries: list[Any] = [tomllib.loads(re.sub(r"(?m)^# (?=\w+ = |\[\w+\])", "", EXAMPLE.read_text(encoding="utf-8")))]
    for part in section.split("."):
        entries = [inner for entry in entries for inner in _entries(entry, part)]
    return {key for entry in entries for key in entry}


def _entries(entry: dict[str, Any], part: str) -> list[Any]:
    if part == "NAME":
        return list(entry.values())
    found = entry.get(part, [])
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("section", [section for section in sections() if section != "Secrets"])
def test_the_example_has_every_key_but_the_listed_ones(section: str) -> None:
    missing = set(sections()[section].model_fields) - example_keys(section)
    assert missing == ONLY_IN_DOCS.get(section, set())


def state_table() -> str:
    """The table of core/states.py as the architecture page shows it."""
    lines = ["| state | event → next state | final |", "|---|---|---|"]
    for state in DeliveryState:
        moves = [
            f"{event} → {TRANSITIONS[state, event]}"
            for event in Event
            if TRANSITIONS.get((state, event), state) is not state
        ]
        stays = [str(event) for event in Event if TRANSITIONS.get((state, event)) is state]
        if stays:
            moves.append(f"no change: {', '.join(stays)}")
        lines.append(f"| `{state}` | {'; '.join(moves)} | {'yes' if state in FINAL else ''} |")
    return "\n".join(lines)


def between(text: str, name: str) -> str:
    return text.partition(f"<!-- {name}: begin -->")[2].partition(f"<!-- {name}: end -->")[0].strip()


def test_the_state_table_is_the_one_of_the_code() -> None:
    assert between(ARCHITECTURE.read_text(encoding="utf-8"), "states") == state_table()


def logged_events() -> set[str]:
    """The names that any call of a logger's method gives literally, and the codes of pauses, which are logged too."""
    found: set[str] = set()
    for path in (ROOT / "gatewayd").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and _is_logging(node.func):
                found |= {name for name in _literals(node.args[0]) if re.fullmatch(r"[a-z_]+\.[a-z_]+", name)}
    return found


def _is_logging(func: ast.expr) -> bool:
    if isinstance(func, ast.Attribute):
        return func.attr in ("debug", "info", "warning", "error", "exception", "critical")
    return isinstance(func, ast.Name) and func.id == "Pause"


def _literals(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(value)):
            yield value
        case ast.IfExp(body=body, orelse=orelse):
            yield from _literals(body)
            yield from _literals(orelse)


def strings() -> set[str]:
    """Every string constant of the package."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "gatewayd").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def listed_events() -> list[str]:
    text = between(ARCHITECTURE.read_text(encoding="utf-8"), "events")
    return re.findall(r"(?m)^\| `([a-z_]+\.[a-z_]+)` \|", text)


def test_the_journal_list_has_every_event_once() -> None:
    assert logged_events() - set(listed_events()) == set()
    assert len(listed_events()) == len(set(listed_events()))


def test_the_journal_list_has_no_event_that_the_code_does_not_know() -> None:
    assert set(listed_events()) - strings() == set()


def direct_dependencies() -> set[str]:
    """Every package that the project itself names, in lower case."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    for path in (ROOT / "requirements").glob("*.in"):
        named += path.read_text(encoding="utf-8").split()
    return {re.split(r"[^\w.-]", name)[0].lower() for name in named}


def pinned() -> dict[str, str]:
    """Package → version, from all requirements files; one package has one version in all of them."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "requirements").glob("*.txt")]
    return {name: version for text in texts for name, version in re.findall(r"(?m)^([\w.-]+)==([\w.]+)", text)}


def test_every_dependency_is_explained_with_its_pinned_version() -> None:
    rows = re.findall(r"(?m)^\| ([\w.-]+) \| (\d[\w.]*) \|", DEPENDENCIES.read_text(encoding="utf-8"))
    explained = {name.lower(): version for name, version in rows}
    wanted = direct_dependencies() | {"hatchling"}
    assert explained == {name: version for name, version in pinned().items() if name in wanted}


def readme(pattern: str) -> str:
    """The example in README.md that `pattern` finds."""
    found = re.search(pattern, README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_form_in_the_readme_is_read_without_a_fault() -> None:
    form = read_form(readme(r"```\n(NAMA UNIT.*?)```"), [], Numbering(), is_reply=False)
    assert form is not None
    assert form.faults == ()
    assert [recipient.address for recipient in form.recipients.recipients] == ["+6281200000101", "+6281200000102"]


def test_the_job_in_the_readme_is_accepted() -> None:
    command = re.search(r"(-m '\{.*?\}')\n", README.read_text(encoding="utf-8"), re.DOTALL)
    assert command is not None
    said = subprocess.run(["bash", "-c", f'printf %s "${{1}}" {command[1]} | cut -c3-', "-"], capture_output=True)
    job = parse_job(said.stdout, now=datetime.now(UTC), retained=False)
    assert isinstance(job, Job)


def profiles_section() -> str:
    return MODEMS.read_text(encoding="utf-8").partition("\n## Profiles\n")[2].partition("\n## ")[0]


def test_every_profile_and_every_key_of_one_has_its_row() -> None:
    rows = re.findall(r"(?m)^\| (`.*?`) \|", profiles_section())
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == {*names(), *Profile.model_fields}


def test_the_profile_on_the_page_is_valid() -> None:
    example = re.search(r"```toml\n(.*?)```", profiles_section(), re.DOTALL)
    assert example is not None
    Profile.model_validate(tomllib.loads(example[1]))


def pages() -> list[Path]:
    return [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CHANGELOG.md"]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\[[^\]]+\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code forges make them."""
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_link_to_a_heading_finds_it(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if link[1] not in anchors(page.parent / link[0] if link[0] else page)] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_source_file_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(
        r"`((?:gatewayd|tests|config|scripts|systemd|docs)/[\w./-]+\.\w+)", page.read_text(encoding="utf-8")
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


GUIDE: Final = ROOT / "docs" / "panduan.md"


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("SETUJU", "approve"), ("acc", "approve"), ("disetujui", "approve"), ("silakan diproses", "approve"),
        ("TOLAK alasannya", "reject"), ("belum dapat disetujui", "reject"), ("BATAL", "cancel"),
        ("STATUS", "status"), ("TERUSKAN", "forward"), ("FORMULIR", "form"),
    ],
)  # fmt: skip
def test_the_guide_names_replies_that_work(said: str, word: str) -> None:
    assert said in GUIDE.read_text(encoding="utf-8")
    assert read_reply(said).word == word
