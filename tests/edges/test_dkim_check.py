"""Our own DKIM check: mails signed here with dkimpy, keys by a name server of the test's own on loopback."""

import base64
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dkim
import dns.message
import dns.resolver
import dns.rrset
import pytest

from gatewayd import sandbox
from gatewayd.config.load import parse
from gatewayd.intake.base import Disposition, IncomingMail
from gatewayd.intake.dkim_check import KeyOf, NoAnswer, check, key_by_dns
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.bells import Bells
from gatewayd.stages.context import Context
from gatewayd.stages.pulse import Pulse
from gatewayd.store import notices, queue, requests
from gatewayd.store.database import open_store
from gatewayd.wire.dkimproof import DkimProof, from_json, to_json
from tests.flow.conftest import SettableTime, raw_settings

DOMAIN = "kampus.example"
NAME = f"s1._domainkey.{DOMAIN}"
MAIL = (
    b"From: BAA <baa@kampus.example>\r\nTo: pesan@kampus.example\r\nSubject: Permohonan\r\n"
    b"Message-ID: <1@kampus.example>\r\n\r\n"
    b"NAMA UNIT: BAA\r\nNAMA LENGKAP: Budi Contoh\r\nSMS MASSAL: [x] LAINNYA\r\n"
    b'KETERANGAN: isi: "Kuliah libur"\r\nPENERIMA:\r\n081200000101\r\n'
)


def make_key(folder: Path, bits: int) -> tuple[bytes, bytes]:
    """A private key (PEM, PKCS#1) and its record."""
    file = folder / f"{bits}.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", file, str(bits)], check=True, capture_output=True)
    der = subprocess.run(["openssl", "rsa", "-in", file, "-pubout", "-outform", "DER"], check=True, capture_output=True)
    return file.read_bytes(), b"v=DKIM1; k=rsa; p=" + base64.b64encode(der.stdout)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    return make_key(tmp_path_factory.mktemp("key"), 2048)


def signed(key: tuple[bytes, bytes], raw: bytes = MAIL, domain: str = DOMAIN, **options: Any) -> bytes:
    return bytes(dkim.sign(raw, b"s1", domain.encode(), key[0], **options)) + raw


def of(record: bytes | None, name: str = NAME) -> KeyOf:
    return {name: record}.get


def result(raw: bytes, record: bytes | None, domain: str = DOMAIN) -> str:
    return check(raw, domain, lambda _name: record).result


@pytest.mark.parametrize("way", [(b"relaxed", b"relaxed"), (b"simple", b"simple"), (b"relaxed", b"simple")])
def test_a_good_signature_of_the_from_domain_proves_it(key: tuple[bytes, bytes], way: tuple[bytes, bytes]) -> None:
    proof = check(signed(key, canonicalize=way), DOMAIN, of(key[1]))
    assert proof == DkimProof("pass", "our own check: dkim=pass header.d=kampus.example")


def test_a_domain_above_may_sign_but_not_one_below_or_beside(key: tuple[bytes, bytes]) -> None:
    assert result(signed(key), key[1], f"fakultas.{DOMAIN}") == "pass"
    for other in ("fakultas.kampus.example", "jahat.example", "example", "xkampus.example"):
        assert result(signed(key, domain=other), key[1]) == "fail"


def test_a_changed_mail_is_not_proven(key: tuple[bytes, bytes]) -> None:
    raw = signed(key)
    for old, new in ((b"libur", b"masuk"), (b"baa@", b"bau@"), (b"Permohonan", b"Lain"), (b"bh=", b"bh=A")):
        assert old in raw
        assert result(raw.replace(old, new), key[1]) == "fail"
    assert result(raw + b"tambahan\r\n", key[1]) == "fail"
    assert result(b"From: orang@jahat.example\r\n" + raw, key[1]) == "fail"
    assert result(MAIL, key[1]) == "fail"


def test_a_signature_that_leaves_text_open_is_not_taken(key: tuple[bytes, bytes]) -> None:
    raw = signed(key, length=True)
    assert dkim.verify(raw + b"tambahan\r\n", dnsfunc=lambda _name, timeout=5: key[1])
    assert "l=" in check(raw, DOMAIN, of(key[1])).detail
    assert result(raw, key[1]) == "fail"


def resigned(key: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch, tag: bytes) -> bytes:
    """A valid signature with one tag more."""
    plain = dkim.DKIM.gen_header

    def with_tag(self: Any, fields: Any, *args: Any, **options: Any) -> Any:
        name, _, value = tag.partition(b"=")
        return plain(self, [*fields[:-1], (name, value), fields[-1]], *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(dkim.DKIM, "gen_header", with_tag)
        return signed(key)


def test_an_expired_signature_is_not_taken(key: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    now = int(time.time())
    monkeypatch.setattr("dkim.time.time", lambda: now - 3600)
    assert result(resigned(key, monkeypatch, b"x=%d" % (now + 600)), key[1]) == "pass"
    late = resigned(key, monkeypatch, b"x=%d" % (now + 1))
    monkeypatch.setattr("gatewayd.intake.dkim_check.time.time", lambda: now + 60)
    proof = check(late, DOMAIN, of(key[1]))
    assert proof == DkimProof("fail", "dkim: the signature has expired")


def test_sha1_and_short_keys_are_not_taken(key: tuple[bytes, bytes], tmp_path: Path) -> None:
    assert "rsa-sha256" in check(signed(key, signature_algorithm=b"rsa-sha1"), DOMAIN, of(key[1])).detail
    small = make_key(tmp_path, 768)
    assert result(signed(small), small[1]) == "fail"
    least = make_key(tmp_path, 1024)
    assert result(signed(least), least[1]) == "pass"


def test_from_must_be_signed(key: tuple[bytes, bytes]) -> None:
    raw = re.sub(rb"(h=[^;]*?)\bfrom\b", rb"\1x-from", signed(key), flags=re.I, count=1)
    raw = raw.replace(b" from;", b" x-from;", 1)
    assert check(raw, DOMAIN, of(key[1])) == DkimProof("fail", "dkim: From is not signed")


@pytest.mark.parametrize(
    "record",
    [None, b"", b"v=DKIM1; k=rsa; p=", b"v=DKIM2; p=x", b"bukan kunci", b"v=DKIM1; k=rsa; p=!!!", b"=;=;="],
)
def test_a_key_that_is_none_proves_nothing(key: tuple[bytes, bytes], record: bytes | None) -> None:
    assert result(signed(key), record) == "fail"


@pytest.mark.parametrize("extra", [b"; t=y", b"; t=s:y", b"; h=sha1", b"; s=tlsrpt", b"; s=other"])
def test_a_key_in_testing_or_for_something_else_proves_nothing(key: tuple[bytes, bytes], extra: bytes) -> None:
    assert result(signed(key), key[1] + extra) == "fail"


def test_of_several_signatures_one_good_one_is_enough(key: tuple[bytes, bytes], tmp_path: Path) -> None:
    other = make_key(tmp_path, 1024)
    both = signed(other, signed(key), "list.example", include_headers=[b"from", b"subject"])
    assert check(both, DOMAIN, of(key[1])).result == "pass"
    broken = signed(other, signed(key))
    assert result(broken, key[1]) == "pass"


def silent(_name: str) -> bytes | None:
    raise NoAnswer("LifetimeTimeout")


def test_without_dns_nothing_is_known(key: tuple[bytes, bytes]) -> None:
    assert check(signed(key), DOMAIN, silent).result == "later"
    # What needs no key is known all the same.
    assert check(signed(key, domain="jahat.example"), DOMAIN, silent).result == "fail"


@pytest.mark.parametrize(
    "value",
    [b"", b"v=1", b";;;", b"a=rsa-sha256; d=kampus.example; s=s1; h=from; b=x; bh=y; v=1", b"=" * 5000,
     b"a=rsa-sha256; d=kampus.example; s=s1; h=from; b=AAAA; bh=AAAA; v=1; x=abc; c=x/y"],
)  # fmt: skip
def test_odd_signatures_are_values(key: tuple[bytes, bytes], value: bytes) -> None:
    assert result(b"DKIM-Signature: " + value + b"\r\n" + MAIL, key[1]) == "fail"


def test_only_a_proof_is_taken_from_a_child() -> None:
    proof = DkimProof("later", "x")
    assert from_json(to_json(proof)) == proof
    for odd in (b"", b"[]", b"{}", b'{"result": "pass"}', b'{"result": "yes", "detail": ""}'):
        with pytest.raises(ValueError, match=r".*"):
            from_json(odd)


@contextmanager
def name_server(record: bytes | None, *, answers: bool = True) -> Iterator[int]:
    """A name server on loopback that knows one key, or nothing, or keeps still; its port."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            data, peer = sock.recvfrom(4096)
            if data == b"end":
                return
            question = dns.message.from_wire(data)
            reply = dns.message.make_response(question)
            if record is None:
                reply.set_rcode(dns.rcode.NXDOMAIN)
            else:
                halves = b'"' + record[:200] + b'" "' + record[200:] + b'"'
                name = question.question[0].name
                reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", halves.decode()))
            if answers:
                sock.sendto(reply.to_wire(), peer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield sock.getsockname()[1]
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"end", sock.getsockname())
        thread.join()
        sock.close()


def asking(port: int, seconds: float = 5.0) -> KeyOf:
    def resolver() -> dns.resolver.Resolver:
        made = dns.resolver.Resolver(configure=False)
        made.nameservers, made.port = ["127.0.0.1"], port
        return made

    return key_by_dns(resolver, seconds)


def test_keys_come_by_dns_within_the_time(key: tuple[bytes, bytes]) -> None:
    with name_server(key[1]) as port:
        assert check(signed(key), DOMAIN, asking(port)).result == "pass"
    with name_server(None) as port:
        assert check(signed(key), DOMAIN, asking(port)).result == "fail"
    with name_server(key[1], answers=False) as port:
        began = time.monotonic()
        assert check(signed(key), DOMAIN, asking(port, 0.3)).result == "later"
        assert time.monotonic() - began < 2


async def offered(
    tmp_path: Path, raw: bytes, *proofs: DkimProof, **mailbox: Any
) -> tuple[list[Disposition], int, list[str]]:
    """Offer `raw` once for each proof: what became of it, the requests made, the notices."""
    given = raw_settings(tmp_path)
    given["mailbox"] |= {"own_dkim_check": True} | mailbox
    left = list(proofs)

    async def prove(payload: bytes) -> bytes:
        assert payload == b'{"domain": "kampus.example"}\n' + raw
        return to_json(left.pop(0))

    clock = SettableTime().clock()
    async with open_store(tmp_path) as db:
        run = await db.run(queue.start_run, "boot", "0", clock.now())
        ctx = Context(parse(given, "test"), db, clock, Bells(), Pulse(clock), run)
        desk = MailDesk(ctx, prove=prove)
        found = [await desk.accept(IncomingMail("INBOX", 1, 1, len(raw), raw)) for _ in range(max(1, len(proofs)))]
        kinds = [notice.kind for notice in await db.run(notices.uncomposed, clock.now(), 10)]
        return found, len(await db.run(requests.all_numbers, 10)), kinds


async def test_a_mail_that_the_server_said_nothing_about_is_checked(tmp_path: Path) -> None:
    passed = await offered(tmp_path, MAIL, DkimProof("pass", "x"))
    assert passed == ([Disposition.PROCESSED], 1, ["receipt"])


async def test_a_mail_that_fails_has_no_effect(tmp_path: Path) -> None:
    assert await offered(tmp_path, MAIL, DkimProof("fail", "x")) == ([Disposition.PROCESSED], 0, ["alarm"])


async def test_while_dns_is_silent_the_mail_waits(tmp_path: Path) -> None:
    later, good = DkimProof("later", "x"), DkimProof("pass", "x")
    found = await offered(tmp_path, MAIL, later, later, good)
    assert found == ([Disposition.LATER, Disposition.LATER, Disposition.PROCESSED], 1, ["receipt"])


async def test_it_does_not_wait_for_ever(tmp_path: Path) -> None:
    found = await offered(tmp_path, MAIL, *[DkimProof("later", "x")] * 3)
    assert found == ([Disposition.LATER, Disposition.LATER, Disposition.PROCESSED], 0, ["alarm"])


async def test_what_the_server_said_stands(tmp_path: Path) -> None:
    said = b"Authentication-Results: mail.kampus.example; dmarc=fail header.from=kampus.example\r\n"
    assert (await offered(tmp_path, said + MAIL))[1] == 0


async def test_without_the_setting_nothing_is_checked(tmp_path: Path) -> None:
    assert (await offered(tmp_path, MAIL, own_dkim_check=False))[1] == 0


async def test_the_child_itself_answers(key: tuple[bytes, bytes]) -> None:
    payload = b'{"domain": "kampus.example"}\n'
    unsigned = await sandbox.call("gatewayd.intake.dkim_check:prove", payload + MAIL)
    foreign = await sandbox.call("gatewayd.intake.dkim_check:prove", payload + signed(key, domain="jahat.example"))
    assert from_json(unsigned) == DkimProof("fail", "dkim: there is no signature")
    assert from_json(foreign) == DkimProof("fail", "dkim: the signature is of another domain")
