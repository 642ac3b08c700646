"""Automatic mail is told before anything else: it quotes our codes too."""

import pytest

from gatewayd.wire.automatic import MAX_RECEIVED, reason
from gatewayd.wire.headers import split

SENDER = "budi@kampus.example"


def why(header: str, sender: str = SENDER) -> str:
    return reason(split(header.encode() + b"\n\nisi"), sender, "kampus.example")


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (vacation)",
        "auto-submitted: AUTO-NOTIFIED; owner-email=x",
        "Return-Path: <>",
        "Return-Path: < >",
        "Precedence: bulk",
        "Precedence: LIST",
        "Precedence: junk",
        "List-Id: <milis.kampus.example>",
        "List-Unsubscribe: <mailto:x@kampus.example>",
        "X-Autoreply: yes",
        "X-Failed-Recipients: x@kampus.example",
        "X-Loop: x",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"',
        "Message-ID: <gatewayd.41.0011223344556677@kampus.example>",
        "Subject: Out of Office: cuti",
        "Subject: Automatic reply: [UPSI-2026-000123]",
        "Subject: =?utf-8?q?Balasan_otomatis=3A_cuti?=",
        "Subject: Undelivered Mail Returned to Sender",
        "Subject: Dibaca: Mohon persetujuan",
        "\n".join(["Received: x"] * (MAX_RECEIVED + 1)),
    ],
)
def test_a_machines_mail_is_automatic(header: str) -> None:
    assert why(header)


@pytest.mark.parametrize(
    "sender", ["MAILER-DAEMON@x.example", "postmaster@x.example", "no-reply@x.example", "bounces+a@x.example"]
)
def test_a_robots_address_is_automatic(sender: str) -> None:
    assert why("Subject: x", sender) == "sender is a robot"


@pytest.mark.parametrize(
    "header",
    [
        "Subject: Re: [UPSI-2026-000123] Mohon persetujuan",
        "Auto-Submitted: no",
        "Auto-Submitted: No (person)",
        "Precedence: normal",
        "Return-Path: <budi@kampus.example>",
        "Message-ID: <gatewayd.41.x@lain.example>",
        "Content-Type: multipart/mixed; boundary=b",
        "X-Auto-Response-Suppress: All",
        "Subject: Re: Out of office?",
        "\n".join(["Received: x"] * MAX_RECEIVED),
    ],
)
def test_a_persons_mail_is_not(header: str) -> None:
    assert why(header) == ""
