"""An IMAP server in a thread of its own, as poor or as hostile as a test wants: for what Dovecot does too well.

It keeps one mailbox and the folders that were made. `capabilities` says what it admits to; `answers` replaces the
answer to a command word ("IDLE", "UID MOVE", …) by lines, in which {tag} stands for the tag; an empty list
means silence. `commands` is its ledger.
"""

import base64
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

_PARTIAL = re.compile(r"BODY\.PEEK\[\]<0\.(\d+)>")


Fake = TypeVar("Fake", bound="FakeImap")


@dataclass
class FakeImap:
    """What the server has and does. Touched by the test before and after, by the server's thread in between."""

    port: int = 0
    capabilities: str = "IMAP4rev1 UIDPLUS MOVE"
    uidvalidity: int = 7
    mails: dict[int, bytes] = field(default_factory=dict)
    #: Sizes that it claims instead of the true ones.
    sizes: dict[int, int] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    folders: dict[str, list[bytes]] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)
    prefix: str = ""
    credentials: bytes = b""
    commands: list[str] = field(default_factory=list)
    #: Set when a command came that has no answer.
    silent: threading.Event = field(default_factory=threading.Event)

    def answer(self, tag: str, word: str, rest: str) -> list[bytes] | None:
        """Lines, or None for silence."""
        self.commands.append(f"{word} {rest}".rstrip())
        if word in self.answers:
            lines = self.answers[word]
            if not lines:
                self.silent.set()
                return None
            return [line.format(tag=tag).encode("latin-1") for line in lines]
        handler = getattr(self, "_" + word.lower().replace(" ", "_"), None)
        if handler is None:
            return [f"{tag} BAD unknown".encode()]
        lines, ending = handler(rest)
        return [*lines, f"{tag} {ending}".encode()]

    def _capability(self, _rest: str) -> tuple[list[bytes], str]:
        return [f"* CAPABILITY {self.capabilities}".encode()], "OK done"

    def _login(self, _rest: str) -> tuple[list[bytes], str]:
        return [], "OK welcome"

    def _namespace(self, _rest: str) -> tuple[list[bytes], str]:
        return [f'* NAMESPACE (("{self.prefix}" ".")) NIL NIL'.encode()], "OK done"

    def _list(self, rest: str) -> tuple[list[bytes], str]:
        name = rest.rpartition(" ")[2].strip('"')
        return [f'* LIST () "." "{name}"'.encode()] * (name in self.folders), "OK done"

    def _create(self, rest: str) -> tuple[list[bytes], str]:
        name = rest.strip('"')
        if not name.startswith(self.prefix):
            return [], "NO below the prefix only"
        self.folders[name] = []
        return [], "OK made"

    def _select(self, _rest: str) -> tuple[list[bytes], str]:
        lines = [
            f"* {len(self.mails)} EXISTS",
            "* 0 RECENT",
            "* FLAGS (\\Deleted)",
            f"* OK [UIDVALIDITY {self.uidvalidity}] x",
        ]
        return [line.encode() for line in lines], "OK [READ-WRITE] selected"

    def _uid_search(self, _rest: str) -> tuple[list[bytes], str]:
        found = " ".join(str(uid) for uid in self.mails if uid not in self.deleted)
        return [f"* SEARCH {found}".rstrip().encode()], "OK done"

    def _uid_fetch(self, rest: str) -> tuple[list[bytes], str]:
        uid, raw = int(rest.split()[0]), self.mails.get(int(rest.split()[0]))
        if raw is None:
            return [], "OK nothing"
        partial = _PARTIAL.search(rest)
        if partial is None:
            return [f"* 1 FETCH (UID {uid} RFC822.SIZE {self.sizes.get(uid, len(raw))})".encode()], "OK done"
        part = raw[: int(partial[1])]
        return [b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n%s)" % (uid, len(part), part)], "OK done"

    def _uid_move(self, rest: str) -> tuple[list[bytes], str]:
        self._uid_copy(rest)
        self.mails.pop(int(rest.split()[0]), None)
        return [], "OK moved"

    def _uid_copy(self, rest: str) -> tuple[list[bytes], str]:
        uid, name = rest.split()
        self.folders[name.strip('"')].append(self.mails[int(uid)])
        return [], "OK copied"

    def _uid_store(self, rest: str) -> tuple[list[bytes], str]:
        self.deleted.add(int(rest.split()[0]))
        return [], "OK stored"

    def _uid_expunge(self, rest: str) -> tuple[list[bytes], str]:
        self.mails.pop(int(rest), None)
        return [], "OK expunged"

    def _logout(self, _rest: str) -> tuple[list[bytes], str]:
        return [b"* BYE"], "OK bye"


@contextmanager
def fake_imap(**given: object) -> Iterator[FakeImap]:
    """The server on a free loopback port; `given` are fields of FakeImap."""
    with serving(FakeImap(**given)) as fake:  # type: ignore[arg-type]
        yield fake


@contextmanager
def serving(fake: Fake) -> Iterator[Fake]:
    """`fake`, or one of a kind made from it, on a free loopback port."""

    class Connection(socketserver.StreamRequestHandler):
        idle = sasl = ""

        def handle(self) -> None:
            with suppress(OSError):
                self.wfile.write(b"* OK [CAPABILITY " + fake.capabilities.encode() + b"] hello\r\n")
                for line in self.rfile:
                    self._command(line.decode("latin-1").rstrip("\r\n"))

        def _command(self, line: str) -> None:
            if line == "DONE":
                # Ends an IDLE, and has no tag of its own.
                fake.commands.append(line)
                self.wfile.write(f"{self.idle} OK done\r\n".encode())
                return
            if self.sasl:
                # The client's word in an AUTHENTICATE; any is good.
                fake.credentials = base64.b64decode(line)
                self.wfile.write(f"{self.sasl} OK welcome\r\n".encode())
                self.sasl = ""
                return
            tag, _, command = line.partition(" ")
            word, _, rest = command.partition(" ")
            if word == "AUTHENTICATE":
                self.sasl = tag
                fake.answers["AUTHENTICATE"] = ["+ "]
            if word == "UID":
                second, _, rest = rest.partition(" ")
                word = f"UID {second}"
            if word == "IDLE":
                self.idle = tag
            answer = fake.answer(tag, word, rest)
            if answer is not None:
                self.wfile.write(b"".join(each + b"\r\n" for each in answer))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Connection) as server:
        fake.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield fake
        finally:
            server.shutdown()
