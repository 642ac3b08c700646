"""Postfix's smtp-sink: a mail server that takes everything, a file a mail. Its folder is its ledger."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.system.servers.ports import HOST, await_port, free_port, require, server_folder

PACKAGES = "postfix"


@dataclass(frozen=True)
class Sink:
    port: int
    folder: Path

    def mails(self) -> list[str]:
        return [path.read_text(encoding="utf-8", errors="replace") for path in sorted(self.folder.iterdir())]


@contextmanager
def running_sink() -> Iterator[Sink]:
    with server_folder("postfix") as folder:
        sink = Sink(free_port(), folder)
        process = subprocess.Popen(
            [require("smtp-sink", PACKAGES), "-u", "postfix", "-d", f"{folder}/%M.", f"{HOST}:{sink.port}", "100"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await_port(sink.port, lambda: process.poll() is None)
            yield sink
        finally:
            process.terminate()
            process.wait(10)
