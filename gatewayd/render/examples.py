"""One example of every mail and picture, with invented data: `python -m gatewayd.render.examples DIR`.

For the documents, and for a person who wants to see how it looks after a change. All numbers and names are fakes.
"""

import email
import email.policy
import sys
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from gatewayd.render.compose import compose
from gatewayd.render.example_data import LOOK, examples, logs
from gatewayd.render.report_files import report_files
from gatewayd.render.views import Look


def write(folder: Path, look: Look = LOOK) -> list[Path]:
    """Write every example into `folder`; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, view in examples().items():
        raw = compose(view, look)
        written.append(_put(folder / f"{name}.eml", raw))
        written.append(_put(folder / f"{name}.txt", _body(raw, "plain")))
        page = _body(raw, "html")
        if page:
            written.append(_put(folder / f"{name}.html", page))
    for name, log in logs().items():
        files = report_files(log, look)
        written += [_put(folder / f"{name}{Path(file).suffix}", data) for file, data in files.items()]
    return written


def _body(raw: bytes, kind: str) -> bytes:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    body = mail.get_body((kind,)) if isinstance(mail, EmailMessage) else None
    return str(body.get_content()).encode("utf-8") if body is not None else b""


def _put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


_USAGE: Final = "usage: python -m gatewayd.render.examples DIR\n"


def main(arguments: list[str]) -> int:
    """Exit status 0, or 2 for a wrong usage."""
    if len(arguments) != 1:
        sys.stderr.write(_USAGE)
        return 2
    folder = Path(arguments[0])
    count = len(write(folder / "id")) + len(write(folder / "en", replace(LOOK, language="en")))
    sys.stdout.write(f"{count} files in {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
