"""Who asks: whole headers as mail servers write them, good ones and forged ones.

A case is accepted if it is proven to come from baa@kampus.example. The organisational domain is not guessed from a list
of public suffixes: a signer speaks for its own domain and for those below it (gatewayd/wire/authres.py).
"""

import base64

import pytest

from gatewayd.wire.mail import ParsedMail, Trust, parse

OURS = "mx.kampus.example"
UNIT = "baa@kampus.example"
EVIL = "orang@jahat.example"
RECEIVED = "Received: from out.kampus.example (out.kampus.example [192.0.2.10])\r\n\tby mx.kampus.example with ESMTPS"
PASS = f"{OURS}; dmarc=pass (p=none dis=none) header.from=kampus.example"
DKIM = f"{OURS}; dkim=pass (2048-bit key; unprotected) header.d=kampus.example header.i=@kampus.example header.s=s1"
SPF = (
    f"spf=pass ({OURS}: domain of {UNIT} designates 192.0.2.10 as permitted sender) smtp.mailfrom={UNIT}"
)  # fmt: skip


def read(*fields: str, sender: str = f"From: BAA <{UNIT}>") -> ParsedMail:
    lines = [*fields, *([sender] if sender else []), "Subject: Pengumuman", "Message-ID: <1@kampus.example>"]
    raw = "\r\n".join([*lines, "", "Isi.", ""])
    return parse(raw.encode("utf-8", "surrogateescape"), Trust((OURS,), own_domain="gateway.example"))


def is_accepted(mail: ParsedMail) -> bool:
    return mail.verdict.authenticated and mail.sender == UNIT


def results(*values: str) -> tuple[str, ...]:
    return tuple(f"Authentication-Results: {value}" for value in values)


def word(text: str, charset: str = "utf-8") -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


GOOD_RESULTS = {
    "opendmarc": PASS,
    "opendmarc folded": f"{OURS};\r\n\tdmarc=pass (p=none dis=none)\r\n\theader.from=kampus.example",
    "opendmarc 1.3": f"{OURS}; dmarc=pass header.from=kampus.example",
    "opendmarc quarantine": f"{OURS}; dmarc=pass (p=quarantine dis=none) header.from=kampus.example",
    "opendkim": f'{DKIM} header.a=rsa-sha256 header.b="aB/c+d=="',
    "opendkim folded": f"{OURS};\r\n\tdkim=pass (2048-bit key; secure)\r\n\t header.d=kampus.example"
    "\r\n\t header.i=@kampus.example\r\n\t header.a=rsa-sha256 header.s=s1 header.b=Ab1/cD+e",
    "opendkim without policy": f"{DKIM} header.b=AbCdEfGh; dkim-atps=neutral",
    "rspamd": f"{OURS};\r\n\tdkim=pass header.d=kampus.example header.s=dkim header.b=Ab+c/D0;\r\n\t{SPF};"
    "\r\n\tdmarc=pass (policy=quarantine) header.from=kampus.example",
    "rspamd no policy": f"{OURS};\r\n\tdkim=pass header.d=kampus.example header.s=dkim header.b=Ab+c/D0;\r\n\t{SPF};"
    "\r\n\tdmarc=none",
    "rspamd with arc": f"{OURS};\r\n\tdkim=pass header.d=kampus.example header.s=x header.b=QwErTy;\r\n\tarc=none;"
    f"\r\n\tdmarc=pass (policy=reject) header.from=kampus.example;\r\n\t{SPF}",
    "gmail": f"{OURS};\r\n       dkim=pass header.i=@kampus.example header.s=google header.b=Xy12Zz00;\r\n       {SPF};"
    "\r\n       dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=kampus.example",
    "gmail dara": f"{OURS};\r\n       dkim=pass header.i=@kampus.example header.s=google"
    f" header.b=Xy12Zz00;\r\n       {SPF};"
    "\r\n       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=kampus.example;"
    "\r\n       dara=pass header.i=@kampus.example",
    "workspace without dmarc": f"{OURS};\r\n       dkim=pass header.i=@kampus.example header.s=google"
    f" header.b=Xy12Zz00;\r\n       {SPF}",
    "workspace gappssmtp beside": f"{OURS};\r\n dkim=pass header.i=@kampus-example.gappssmtp.example header.s=2023"
    f" header.b=a;\r\n {SPF};\r\n dmarc=pass (p=NONE) header.from=kampus.example",
    "microsoft behind a gateway": f"{OURS}; spf=pass (sender IP is 192.0.2.10)\r\n"
    " smtp.mailfrom=kampus.example; dkim=pass"
    " (signature was verified)\r\n header.d=kampus.example;dmarc=pass action=none\r\n header.from=kampus.example;"
    "compauth=pass reason=100",
    "microsoft version": f"{OURS} 1; spf=pass (sender ip is 192.0.2.10) smtp.rcpttodomain=kampus.example"
    " smtp.mailfrom=kampus.example; dmarc=pass (p=none sp=none pct=100) action=none header.from=kampus.example;"
    " dkim=pass (signature was verified) header.d=kampus.example; arc=none (0)",
    "zimbra amavis": f"{OURS} (amavisd-new);\r\n\tdkim=pass (2048-bit key) header.d=kampus.example",
    "amavis with reason": f'{OURS} (amavis); dkim=pass (2048-bit key)\r\n reason="pass (just generated, assumed good)"'
    "\r\n header.d=kampus.example",
    "zimbra opendmarc": f"{OURS};\r\n\tspf=pass smtp.mailfrom=kampus.example;\r\n\tdmarc=pass (p=none)"
    " header.from=kampus.example",
    "exim": f"{OURS};\r\n\tiprev=pass (out.kampus.example) smtp.remote-ip=192.0.2.10;\r\n\tspf=pass"
    " smtp.mailfrom=kampus.example;\r\n\tdkim=pass header.d=kampus.example header.s=s1 header.a=rsa-sha256;"
    "\r\n\tdmarc=pass header.from=kampus.example;\r\n\tarc=none",
    "exim ipv6": f"{OURS}; iprev=fail smtp.remote-ip=2001:db8::10; dmarc=pass header.from=kampus.example",
    "exim no policy": f"{OURS}; spf=none smtp.mailfrom=kampus.example; dkim=pass header.d=kampus.example header.s=s1"
    " header.a=ed25519-sha256; dmarc=none header.from=kampus.example",
    "fastmail": f"{OURS};\r\n    arc=none (no signatures found);\r\n    bimi=skipped (DMARC Policy is"
    " not at enforcement);"
    "\r\n    dkim=pass (2048-bit rsa key sha256) header.d=kampus.example header.i=@kampus.example header.b=Zz+/09"
    " header.a=rsa-sha256 header.s=s1 x-bits=2048;\r\n    dmarc=pass policy.published-domain-policy=none"
    " policy.applied-disposition=none policy.evaluated-disposition=none (p=none,d=none,d.eval=none)"
    " policy.policy-from=p"
    " header.from=kampus.example;\r\n    iprev=pass smtp.remote-ip=192.0.2.10 (out.kampus.example);"
    "\r\n    spf=pass smtp.mailfrom=baa@kampus.example smtp.helo=out.kampus.example",
    "zoho": f"{OURS};\r\n\tdkim=pass;\r\n\t{SPF};\r\n\tdmarc=pass(p=reject dis=none)  header.from=kampus.example",
    "mimecast": f"{OURS};\r\n\tdkim=pass header.d=kampus.example header.s=s1 header.b=a1B2;"
    "\r\n\tdmarc=pass (policy=none) header.from=kampus.example;\r\n\tspf=pass smtp.mailfrom=x@bounce.kampus.example",
    "stalwart": f"{OURS};\r\n\tdkim=pass header.d=kampus.example header.s=202401r header.b=Ab0;\r\n\tspf=pass"
    " smtp.helo=out.kampus.example;\r\n\tspf=pass smtp.mailfrom=baa@kampus.example;\r\n\tiprev=pass"
    " policy.iprev=192.0.2.10;"
    "\r\n\tdmarc=pass header.from=kampus.example policy.dmarc=reject",
    "authentication milter": f"{OURS};\r\n    auth=pass (plain) smtp.auth=baa smtp.mailfrom=baa@kampus.example;"
    "\r\n    dmarc=pass header.from=kampus.example",
    "spf failed, dkim aligned": f"{OURS}; spf=softfail smtp.mailfrom=list.example; dkim=pass header.d=kampus.example;"
    " dmarc=pass header.from=kampus.example",
    "null envelope sender": f"{OURS}; spf=none smtp.mailfrom=<>; dmarc=pass header.from=kampus.example",
    "quoted envelope sender": f'{OURS}; spf=pass smtp.mailfrom="b;a a"@kampus.example; dmarc=pass'
    " header.from=kampus.example",
    "helo literal": f"{OURS}; spf=none smtp.helo=[192.0.2.10]; dmarc=pass header.from=kampus.example",
    "capitals": "MX.Kampus.Example; DMARC=PASS Header.From=Kampus.Example",
    "version": f"{OURS} 1; dmarc=pass header.from=kampus.example",
    "method version": f"{OURS}; dmarc/1=pass header.from=kampus.example",
    "no blank": f"{OURS};dkim=pass header.d=kampus.example;dmarc=pass header.from=kampus.example",
    "last semicolon": f"{OURS}; dmarc=pass header.from=kampus.example;",
    "quoted property": f'{OURS}; dmarc=pass header.from="kampus.example"',
    "blanks around =": f"{OURS}; dmarc = pass header.from = kampus.example",
    "nested comments": f"{OURS}; dmarc=pass (p=none (sp=none (x))) header.from=kampus.example",
    "fail in a comment": f"{OURS}; dmarc=pass (spf=fail; dmarc=fail) header.from=kampus.example",
    "comment with escaped bracket": f"{OURS}; dmarc=pass (a \\) b) header.from=kampus.example",
    "two signatures, one broken": f"{OURS}; dkim=fail reason=\"signature verification failed\" header.d=kampus.example;"
    " dkim=pass header.d=kampus.example",
    "list's signature first": f"{OURS}; dkim=pass header.d=list.example; dkim=pass header.d=kampus.example",
    "leading comment": f"(by; milter) {OURS}; dmarc=pass header.from=kampus.example",
}  # fmt: skip
GOOD_FROM = {
    "bare": f"From: {UNIT}",
    "angle only": f"From: <{UNIT}>",
    "quoted comma": f'From: "Akademik, BAA" <{UNIT}>',
    "quoted brackets": f'From: "BAA <Akademik> (1)" <{UNIT}>',
    "comment behind the name": f"From: BAA (Akademik) <{UNIT}>",
    "base64 name": f"From: {word('Bagian Akademik – BAA')} <{UNIT}>",
    "two encoded-words": f"From: {word('Bagian ')}\r\n {word('Akademik')} <{UNIT}>",
    "latin-1 name": f"From: =?iso-8859-1?Q?Andr=E9_Contoh?= <{UNIT}>",
    "utf-8 name": f"From: Bagian Akadémik <{UNIT}>",
    "folded": f"From: Bagian Akademik\r\n\t<{UNIT}>",
    "capitals": "From: BAA <BAA@Kampus.Example>",
    "its own address as name": f'From: "{UNIT}" <{UNIT}>',
    "escaped quotation marks": f'From: "Bagian \\"BAA\\"" <{UNIT}>',
    "field name in capitals": f"FROM: BAA <{UNIT}>",
}


@pytest.mark.parametrize("value", GOOD_RESULTS.values(), ids=GOOD_RESULTS)
def test_what_servers_write_of_a_good_mail_is_believed(value: str) -> None:
    mail = read("Return-Path: <baa@kampus.example>", *results(value), RECEIVED)
    assert is_accepted(mail), mail.verdict


@pytest.mark.parametrize("sender", GOOD_FROM.values(), ids=GOOD_FROM)
def test_from_as_mail_programs_write_it_is_understood(sender: str) -> None:
    mail = read(*results(PASS), RECEIVED, sender=sender)
    assert is_accepted(mail), mail.verdict


GOOD_BLOCKS = {
    "opendmarc above opendkim": results(PASS, DKIM),
    "opendkim above nothing of dmarc": results(DKIM, f"{OURS}; spf=pass smtp.mailfrom=kampus.example"),
    "foreign below": (*results(PASS), RECEIVED, *results("mx.lain.example; dmarc=fail header.from=kampus.example")),
    "foreign above": results("antivirus.lain.example; x-virus=none", PASS),
    "forged below": (*results(PASS), RECEIVED, *results(f"{OURS}; dmarc=fail header.from=kampus.example")),
    "arc below": (*results(PASS), f"ARC-Authentication-Results: i=1; {OURS}; dmarc=fail header.from=kampus.example"),
    "sender of a secretary": (*results(PASS), "Sender: sekretaris@kampus.example"),
    "reply-to elsewhere": (*results(PASS), "Reply-To: pengganti@kampus.example"),
    "list of recipients": (*results(PASS), "To: a@kampus.example, b@kampus.example,\r\n c@kampus.example"),
    "original results": (*results(PASS), "X-Original-Authentication-Results: lain.example; dmarc=fail"),
}


@pytest.mark.parametrize("fields", GOOD_BLOCKS.values(), ids=GOOD_BLOCKS)
def test_other_fields_of_a_good_mail_do_not_matter(fields: tuple[str, ...]) -> None:
    mail = read(*fields)
    assert is_accepted(mail), mail.verdict


BAD_RESULTS = {
    "none": "",
    "another server": "mx.lain.example; dmarc=pass header.from=kampus.example",
    "no authserv-id (microsoft 365)": "spf=pass smtp.mailfrom=kampus.example; dmarc=pass header.from=kampus.example",
    "id as prefix": f"{OURS}.jahat.example; dmarc=pass header.from=kampus.example",
    "id as suffix": f"x.{OURS}; dmarc=pass header.from=kampus.example",
    "id with a trailing dot": f"{OURS}.; dmarc=pass header.from=kampus.example",
    "id quoted": f'"{OURS}"; dmarc=pass header.from=kampus.example',
    "id in a comment": f"({OURS}) lain.example; dmarc=pass header.from=kampus.example",
    "id split by a comment": "mx.kampus(x).example; dmarc=pass header.from=kampus.example",
    "id behind another": f"lain.example {OURS}; dmarc=pass header.from=kampus.example",
    "id with a homoglyph": "mx.kаmpus.example; dmarc=pass header.from=kampus.example",
    "version 2": f"{OURS} 2; dmarc=pass header.from=kampus.example",
    "method version 2": f"{OURS}; dmarc/2=pass header.from=kampus.example",
    "fail": f"{OURS}; dmarc=fail (p=reject) header.from=kampus.example",
    "fail, but signed by the list": f"{OURS}; dkim=pass header.d=list.example; dmarc=fail header.from=kampus.example",
    "temperror": f"{OURS}; dmarc=temperror header.from=kampus.example; dkim=pass header.d=kampus.example",
    "pass of another domain": f"{OURS}; dmarc=pass header.from=jahat.example",
    "pass of a longer domain": f"{OURS}; dmarc=pass header.from=kampus.example.jahat.example",
    "pass of a domain below": f"{OURS}; dmarc=pass header.from=sub.kampus.example",
    "pass of nobody": f"{OURS}; dmarc=pass",
    "pass of two": f"{OURS}; dmarc=pass header.from=kampus.example header.from=jahat.example",
    "pass in a comment": f"{OURS}; dmarc=fail (dmarc=pass header.from=kampus.example) header.from=kampus.example",
    "pass in a reason": f'{OURS}; dmarc=fail reason="x; dmarc=pass header.from=kampus.example"'
    ' header.from=kampus.example',
    "pass in a mailfrom": f'{OURS}; spf=pass smtp.mailfrom="x; dmarc=pass header.from=kampus.example; y"@jahat.example',
    "comment closed by the mailfrom": f"{OURS}; spf=pass (domain of x); dmarc=pass header.from=kampus.example; (y)"
    " smtp.mailfrom=jahat.example; dmarc=fail header.from=kampus.example",
    "property of another type": f"{OURS}; dmarc=pass smtp.from=kampus.example",
    "pass quoted": f'{OURS}; dmarc="pass" header.from=kampus.example',
    "passed": f"{OURS}; dmarc=passed header.from=kampus.example",
    "best guess": f"{OURS}; dmarc=bestguesspass header.from=kampus.example",
    "look-alike method": f"{OURS}; dmаrc=pass header.from=kampus.example",
    "x-method": f"{OURS}; x-dmarc=pass header.from=kampus.example",
    "spf only": f"{OURS}; spf=pass smtp.mailfrom=kampus.example",
    "auth only": f"{OURS}; auth=pass smtp.auth=baa@kampus.example",
    "arc only": f"{OURS}; arc=pass (i=1 dkim=pass header.d=kampus.example)",
    "dkim of another": f"{OURS}; dkim=pass header.d=jahat.example",
    "dkim of another, i= of ours": f"{OURS}; dkim=pass header.d=jahat.example header.i=@kampus.example",
    "dkim below": f"{OURS}; dkim=pass header.d=sub.kampus.example",
    "dkim of the top domain": f"{OURS}; dkim=pass header.d=example",
    "dkim look-alike": f"{OURS}; dkim=pass header.d=xkampus.example",
    "dkim without a domain": f"{OURS}; dkim=pass",
    "dkim of two": f"{OURS}; dkim=pass header.d=kampus.example header.d=jahat.example",
    "dkim i= of two": f"{OURS}; dkim=pass header.i=@kampus.example header.i=@jahat.example",
    "dkim i= with two at": f"{OURS}; dkim=pass header.i=a@jahat.example@kampus.example",
    "dkim i= below": f"{OURS}; dkim=pass header.i=@sub.kampus.example",
    "dkim neutral": f"{OURS}; dkim=neutral header.d=kampus.example",
    "open comment": f"{OURS}; dmarc=pass header.from=kampus.example (x",
    "open string": f'{OURS}; dmarc=pass header.from="kampus.example',
    "deep comments": f"{OURS}; {'(' * 7000} dmarc=pass header.from=kampus.example",
    "no semicolon": f"{OURS} dmarc=pass header.from=kampus.example",
    "two dmarc": f"{OURS}; dmarc=pass header.from=kampus.example; dmarc=fail header.from=kampus.example",
    "trailing dot in the domain": f"{OURS}; dmarc=pass header.from=kampus.example.",
}  # fmt: skip


@pytest.mark.parametrize("value", BAD_RESULTS.values(), ids=BAD_RESULTS)
def test_forged_or_odd_results_prove_nothing(value: str) -> None:
    assert not is_accepted(read(*results(value), RECEIVED))


BAD_FROM = {
    "no From": "Sender: baa@kampus.example",
    "two From": f"From: {UNIT}\r\nFrom: {EVIL}",
    "two From, other order": f"From: {EVIL}\r\nFrom: {UNIT}",
    "the same From twice": f"From: {UNIT}\r\nFrom: {UNIT}",
    "second From with a blank": f"From: {UNIT}\r\nFrom : {EVIL}",
    "only From with a blank": f"From : {UNIT}",
    "two mailboxes": f"From: {UNIT}, {EVIL}",
    "two mailboxes with names": f"From: BAA <{UNIT}>, Orang <{EVIL}>",
    "two angles": f"From: <{EVIL}> <{UNIT}>",
    "address as name": f'From: "{UNIT}" <{EVIL}>',
    "address as encoded name": f"From: {word(UNIT)} <{EVIL}>",
    "angle in an encoded name": f"From: {word(f'BAA <{UNIT}>')} <{EVIL}>",
    "encoded address": f"From: BAA <{word(UNIT)}>",
    "encoded domain": f"From: BAA <baa@{word('kampus.example')}>",
    "encoded line break": f"From: =?utf-8?Q?BAA=0D=0AFrom:_baa@kampus.example?= <{EVIL}>",
    "group": f"From: BAA:{UNIT};",
    "group with name": f"From: BAA: BAA <{UNIT}>;",
    "empty group": "From: Undisclosed:;",
    "route": f"From: <@jahat.example:{UNIT}>",
    "comment in the address": f"From: baa@kampus.example (x) <{EVIL}>",
    "comment behind the address": "From: <baa(x)@kampus.example>",
    "comment that hides an address": f"From: ({EVIL}) <{UNIT}> (x)",
    "angle in a comment": f"From: BAA (<{EVIL}>) <{UNIT}>",
    "open comment": f"From: BAA ( <{UNIT}>",
    "quoted local part": 'From: <"baa"@kampus.example>',
    "quoted at": 'From: <"baa@kampus.example"@jahat.example>',
    "two at": "From: <baa@kampus.example@jahat.example>",
    "longer domain": "From: baa@kampus.example.jahat.example",
    "trailing dot": "From: baa@kampus.example.",
    "homoglyph": "From: baa@kаmpus.example",
    "punycode": "From: baa@xn--kmpus-7ve.example",
    "fullwidth": "From: baa@ｋａｍｐｕｓ.example",
    "blank in the domain": "From: baa@kampus .example",
    "zero width": "From: baa@kampus\u200b.example",
    "NUL in the address": "From: baa@kampus.example\0",
    "bare CR": f"From: {UNIT}\rX: {EVIL}",
    "bare LF": f"From: {UNIT}\nX-Baris: x",
    "comma in the name": f"From: Akademik, BAA <{UNIT}>",
    "open quotation": f'From: "BAA <{UNIT}>',
    "address literal": "From: baa@[192.0.2.10]",
}  # fmt: skip


@pytest.mark.parametrize("sender", BAD_FROM.values(), ids=BAD_FROM)
def test_an_odd_from_is_nobody_however_good_the_results(sender: str) -> None:
    assert not is_accepted(read(*results(PASS), RECEIVED, sender=sender))


BAD_BLOCKS = {
    "fail above a forged pass": (*results(f"{OURS}; dmarc=fail header.from=kampus.example"), RECEIVED, *results(PASS)),
    "unreadable above a forged pass": results(f"{OURS}; dmarc=fail (", PASS),
    "version 2 above a forged pass": results(f"{OURS} 2; dmarc=fail", PASS),
    "leading comment above a forged pass": results(f"(a; b) {OURS}; dmarc=fail header.from=kampus.example", PASS),
    "quoted id above a forged pass": results(f'"{OURS}"; dmarc=fail header.from=kampus.example', PASS),
    "spf above a forged pass": results(f"{OURS}; spf=pass smtp.mailfrom=jahat.example", PASS),
    "arc only": (f"ARC-Authentication-Results: i=1; {PASS}",),
    "x-field only": (f"X-Authentication-Results: {PASS}",),
    "in the subject": (f"Subject: x =?utf-8?Q?=0D=0AAuthentication-Results:_{OURS};?=",),
    "field name with a blank": (f"Authentication-Results : {PASS}",),
    "resent-from": (*results(PASS), f"Resent-From: {EVIL}"),
    "resent-to": (*results(PASS), f"Resent-To: {UNIT}"),
    "resent-message-id": (*results(PASS), "Resent-Message-ID: <2@jahat.example>"),
    "resent-cc": (*results(PASS), f"Resent-Cc: {EVIL}"),
    "two Sender": (*results(PASS), f"Sender: {UNIT}", f"Sender: {EVIL}"),
    "two Subject": (*results(PASS), "Subject: Satu"),
    "two Message-ID": (*results(PASS), "Message-ID: <2@kampus.example>"),
    "line of blanks": (*results(PASS), "X-Satu: 1", "   ", "X-Dua: 2"),
    "line without a name": (*results(PASS), "bukan field"),
    "first line folded": (" x", *results(PASS)),
    "NUL elsewhere": (*results(PASS), "X-Satu: a\0b"),
    "bare CR elsewhere": (*results(PASS), "X-Satu: a\rb"),
    "field too long": results(PASS + " (" + "x" * 9000 + ")"),
}


@pytest.mark.parametrize("fields", BAD_BLOCKS.values(), ids=BAD_BLOCKS)
def test_an_odd_header_block_is_nobodys(fields: tuple[str, ...]) -> None:
    assert not is_accepted(read(*fields))


def test_the_matrix_is_as_large_as_promised() -> None:
    assert len(GOOD_RESULTS) + len(GOOD_FROM) + len(GOOD_BLOCKS) >= 50
    assert len(BAD_RESULTS) + len(BAD_FROM) + len(BAD_BLOCKS) >= 40
