# ruff: noqa: E501 - what servers write is not folded
"""Bounces in the shapes of the servers that people's mail goes through. Addresses and hosts are invented.

Each case: what it is called, the mail, the kind it is, its status code. TOKEN stands where the server keeps it.
"""

from dataclasses import dataclass

from gatewayd.wire.bounce import BounceKind as B

TOKEN = "b1f-abcdefghijklmnop"
VERP = f"balik+{TOKEN}@kampus.example"


@dataclass(frozen=True)
class Case:
    name: str
    raw: bytes
    kind: B
    status: str


def _crlf(text: str) -> bytes:
    return text.lstrip("\n").replace("\n", "\r\n").encode("utf-8")


def plain(sender: str, subject: str, body: str, *, headers: str = "", to: str = VERP) -> bytes:
    """A bounce in the server's own words."""
    return _crlf(
        f"Return-Path: <>\nFrom: {sender}\nTo: {to}\nSubject: {subject}\n{headers}MIME-Version: 1.0\n\n{body}\n"
    )


def dsn(
    sender: str, subject: str, said: str, recipient: str, *, to: str = VERP, message: str = "", headers: str = "",
    report: str = "delivery-status", kind: str = "message/delivery-status",
) -> bytes:  # fmt: skip
    """A multipart/report: words, fields, and the head of what came back."""
    returned = f"Return-Path: <{VERP}>\nFrom: UPSI <pesan@kampus.example>\nTo: budi@tujuan.example\nSubject: Undangan\n"
    return _crlf(f"""
Return-Path: <>
From: {sender}
To: {to}
Subject: {subject}
{headers}MIME-Version: 1.0
Content-Type: multipart/report; report-type={report}; boundary="batas"

--batas
Content-Type: text/plain; charset=utf-8

{said}

--batas
Content-Type: {kind}

{message}{recipient}
--batas
Content-Type: text/rfc822-headers

{returned}
--batas--
""")


def fields(action: str, status: str, diagnostic: str = "", more: str = "") -> str:
    code = f"Diagnostic-Code: {diagnostic}\n" if diagnostic else ""
    return (
        "Reporting-MTA: dns; mail.tujuan.example\n\nFinal-Recipient: rfc822; budi@tujuan.example\n"
        f"Action: {action}\nStatus: {status}\n{more}{code}"
    )


_POSTFIX = "Mail Delivery System <MAILER-DAEMON@mail.tujuan.example>"
_EXIM = "Mail Delivery System <Mailer-Daemon@mx.tujuan.example>"
_GMAIL = "Mail Delivery Subsystem <mailer-daemon@googlemail.example>"
_EXCHANGE = "Microsoft Outlook <postmaster@tujuan.example>"
_SENDMAIL = "Mail Delivery Subsystem <MAILER-DAEMON@mx.tujuan.example>"
_QMAIL = "MAILER-DAEMON@mx.tujuan.example"
_EXIM_HEAD = "X-Failed-Recipients: budi@tujuan.example\nAuto-Submitted: auto-replied\n"
_EXIM_SAYS = (
    "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered"
    " to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n"
    "  budi@tujuan.example\n    {why}\n\n------ This is a copy of the message, including all the headers. ------\n\n"
    "From: UPSI\nSubject: kode 421 dan 552 5.2.2\n"
)
_QMAIL_SAYS = (
    "Hi. This is the qmail-send program at mx.tujuan.example.\nI'm afraid I wasn't able to deliver your message to the"
    " following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<budi@tujuan.example>:\n"
    "{why}\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <pesan@kampus.example>\n"
)

CASES = (
    Case("postfix: unknown user", dsn(
        _POSTFIX, "Undelivered Mail Returned to Sender", "<budi@tujuan.example>: host mx said: 550 5.1.1 User unknown",
        fields("failed", "5.1.1", "smtp; 550 5.1.1 <budi@tujuan.example>: Recipient address rejected: User unknown"),
        headers="Auto-Submitted: auto-replied\n",
    ), B.HARD, "5.1.1"),
    Case("postfix: envelope id only", dsn(
        _POSTFIX, "Undelivered Mail Returned to Sender", "gagal",
        fields("failed", "5.1.1").replace("Reporting-MTA", f"Original-Envelope-Id: {TOKEN}\nReporting-MTA"),
        to="pesan@kampus.example",
    ), B.HARD, "5.1.1"),
    Case("postfix: over quota", dsn(
        _POSTFIX, "Undelivered Mail Returned to Sender", "penuh",
        fields("failed", "5.2.2", "smtp; 552 5.2.2 <budi@tujuan.example>: Quota exceeded (mailbox for user is full)"),
    ), B.SOFT, "5.2.2"),
    Case("postfix: domain not found", dsn(
        _POSTFIX, "Undelivered Mail Returned to Sender", "no host",
        fields("failed", "5.4.4", "X-Postfix; Host or domain name not found. Name service error for name=tujuan.example"),
    ), B.HARD, "5.4.4"),
    Case("postfix: queue time over", dsn(
        _POSTFIX, "Undelivered Mail Returned to Sender", "time out",
        fields("failed", "4.4.1", "X-Postfix; connect to mx.tujuan.example[192.0.2.1]:25: Connection timed out"),
    ), B.SOFT, "4.4.1"),
    Case("postfix: delayed", dsn(
        _POSTFIX, "Delayed Mail (still being retried)", "THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.",
        fields("delayed", "4.4.1", "X-Postfix; connect: Connection refused", "Will-Retry-Until: Sat, 28 Nov 2026 10:00:00 +0700\n"),
    ), B.DELAYED, "4.4.1"),
    Case("postfix: success", dsn(
        _POSTFIX, "Successful Mail Delivery Report", "delivered", fields("delivered", "2.1.5", "smtp; 250 2.1.5 OK"),
    ), B.DELIVERED, "2.1.5"),
    Case("postfix: relayed", dsn(
        _POSTFIX, "Successful Mail Delivery Report", "relayed", fields("relayed", "2.0.0", "smtp; 250 OK queued"),
    ), B.OTHER, "2.0.0"),
    Case("postfix: utf-8 report", dsn(
        _POSTFIX, "Undelivered Mail Returned to Sender", "gagal", fields("failed", "5.1.1", "smtp; 550 5.1.1 tidak dikenal"),
        kind="message/global-delivery-status",
    ), B.HARD, "5.1.1"),
    Case("exim: unrouteable", plain(
        _EXIM, "Mail delivery failed: returning message to sender", _EXIM_SAYS.format(why="Unrouteable address"),
        headers=_EXIM_HEAD,
    ), B.HARD, "5.1.1"),
    Case("exim: refused by the next server", plain(
        _EXIM, "Mail delivery failed: returning message to sender", _EXIM_SAYS.format(
            why="host mx2.tujuan.example [192.0.2.7]\n    SMTP error from remote mail server after RCPT TO:<budi@tujuan.example>:\n"
            "    550 5.1.1 No such user here"), headers=_EXIM_HEAD,
    ), B.HARD, "5.1.1"),
    Case("exim: policy", plain(
        _EXIM, "Mail delivery failed: returning message to sender", _EXIM_SAYS.format(
            why="SMTP error from remote mail server after end of data:\n    554 5.7.1 Message refused as spam"), headers=_EXIM_HEAD,
    ), B.SOFT, "5.7.1"),
    Case("exim: warning", plain(
        _EXIM, "Warning: message 1abcDE-000123-45 delayed 24 hours",
        "This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered"
        " to one or more of its\nrecipients after more than 24 hours on the queue on mx.tujuan.example.\n\nNo action is required"
        " on your part. Delivery attempts will continue.\n", headers="Auto-Submitted: auto-replied\n",
    ), B.DELAYED, ""),
    Case("exim: new form", dsn(
        _EXIM, "Mail delivery failed: returning message to sender", "gagal",
        fields("failed", "5.0.0", "smtp; 550 5.1.1 user tidak dikenal"), headers=_EXIM_HEAD,
    ), B.HARD, "5.1.1"),
    Case("exchange: not in the directory", dsn(
        _EXCHANGE, "Undeliverable: Undangan", "Your message to budi@tujuan.example couldn't be delivered.",
        fields("failed", "5.1.10", "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    ), B.HARD, "5.1.10"),
    Case("exchange: access denied at the edge", dsn(
        _EXCHANGE, "Undeliverable: Undangan", "Access denied",
        fields("failed", "5.4.1", "smtp;550 5.4.1 Recipient address rejected: Access denied. AS(201806281)"),
    ), B.HARD, "5.4.1"),
    Case("exchange: mailbox full", dsn(
        _EXCHANGE, "Undeliverable: Undangan", "full",
        fields("failed", "5.2.2", "smtp;554 5.2.2 mailbox full; STOREDRV.Deliver: QuotaExceededException"),
    ), B.SOFT, "5.2.2"),
    Case("exchange: delayed", dsn(
        _EXCHANGE, "Delivery delayed: Undangan", "Delivery is delayed to these recipients", fields("delayed", "4.4.7"),
    ), B.DELAYED, "4.4.7"),
    Case("exchange: old words", plain(
        "System Administrator <postmaster@tujuan.example>", "Undeliverable: Undangan",
        "Your message did not reach some or all of the intended recipients.\n\n      Subject:  Undangan\n\nThe following"
        " recipient(s) could not be reached:\n\n      budi@tujuan.example on 23/11/2026 8:30\n            The e-mail account"
        " does not exist at the organization this message was sent to.\n            <mx.tujuan.example #5.1.1>\n",
    ), B.HARD, "5.1.1"),
    Case("gmail: no such account", dsn(
        _GMAIL, "Delivery Status Notification (Failure)", "** Address not found **",
        fields("failed", "5.1.1", "smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try"),
        headers="Auto-Submitted: auto-replied\nX-Failed-Recipients: budi@tujuan.example\n",
    ), B.HARD, "5.1.1"),
    Case("gmail: out of storage", dsn(
        _GMAIL, "Delivery Status Notification (Failure)", "** Inbox full **",
        fields("failed", "5.2.2", "smtp; 552-5.2.2 The recipient's inbox is out of storage space."),
    ), B.SOFT, "5.2.2"),
    Case("gmail: unauthenticated", dsn(
        _GMAIL, "Delivery Status Notification (Failure)", "** Message blocked **",
        fields("failed", "5.7.26", "smtp; 550-5.7.26 This mail has been blocked because the sender is unauthenticated."),
    ), B.SOFT, "5.7.26"),
    Case("gmail: delay", dsn(
        _GMAIL, "Delivery Status Notification (Delay)", "** Delivery incomplete **\nGmail will retry for 46 more hours.",
        fields("delayed", "4.4.1", "smtp; The recipient server did not accept our requests to connect."),
    ), B.DELAYED, "4.4.1"),
    Case("qmail: no mailbox", plain(
        _QMAIL, "failure notice", _QMAIL_SAYS.format(why="Sorry, no mailbox here by that name. (#5.1.1)"),
    ), B.HARD, "5.1.1"),
    Case("qmail: refused by the next server", plain(
        _QMAIL, "failure notice", _QMAIL_SAYS.format(
            why="192.0.2.7 does not like recipient.\nRemote host said: 550 5.1.1 <budi@tujuan.example>: tidak ada\nGiving up on 192.0.2.7."),
    ), B.HARD, "5.1.1"),
    Case("qmail: gave up in the end", plain(
        _QMAIL, "failure notice", _QMAIL_SAYS.format(
            why="Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\nI'm not going to try again; this message has been in"
            " the queue too long."),
    ), B.SOFT, "4.4.1"),
    Case("qmail: host unknown", plain(
        _QMAIL, "failure notice", _QMAIL_SAYS.format(why="Sorry, I couldn't find any host named tujuan.example. (#5.1.2)"),
    ), B.HARD, "5.1.2"),
    Case("sendmail: user unknown", dsn(
        _SENDMAIL, "Returned mail: see transcript for details",
        "The original message was received at Mon, 23 Nov 2026 08:30:00 +0700\nfrom mail.kampus.example [192.0.2.1]\n\n"
        "   ----- The following addresses had permanent fatal errors -----\n<budi@tujuan.example>\n",
        fields("failed", "5.1.1", "SMTP; 550 5.1.1 User unknown"),
    ), B.HARD, "5.1.1"),
    Case("sendmail: old, without a report", plain(
        _SENDMAIL, "Returned mail: User unknown",
        "The original message was received at Mon, 23 Nov 2026 08:30:00 +0700\nfrom mail.kampus.example [192.0.2.1]\n\n"
        "   ----- The following addresses had permanent fatal errors -----\n<budi@tujuan.example>\n\n"
        "   ----- Transcript of session follows -----\n550 <budi@tujuan.example>... User unknown\n",
    ), B.HARD, "5.1.1"),
    Case("sendmail: four hours", dsn(
        _SENDMAIL, "Warning: could not send message for past 4 hours", "THIS IS A WARNING MESSAGE ONLY",
        fields("delayed", "4.4.1", "", "Will-Retry-Until: Sat, 28 Nov 2026 10:00:00 +0700\n"),
    ), B.DELAYED, "4.4.1"),
    Case("zimbra: unknown", dsn(
        "MAILER-DAEMON@zimbra.tujuan.example", "Undelivered Mail Returned to Sender", "This is the mail system at host zimbra",
        fields("failed", "5.1.1", "smtp; 550 5.1.1 <budi@tujuan.example>: Recipient address rejected: tujuan.example"),
    ), B.HARD, "5.1.1"),
    Case("zimbra: over quota by LMTP", dsn(
        "MAILER-DAEMON@zimbra.tujuan.example", "Undelivered Mail Returned to Sender", "LMTP",
        fields("failed", "4.2.2", "smtp; 452 4.2.2 Over quota"),
    ), B.SOFT, "4.2.2"),
    Case("a university's own words, in Indonesian", plain(
        "Postmaster <postmaster@kampus-lain.example>", "Surat tidak terkirim",
        "Yth. Pengirim,\n\nsurat Anda tidak dapat dikirim: alamat budi@kampus-lain.example tidak ditemukan.\n",
    ), B.HARD, "5.1.1"),
    Case("out of office with a null sender", plain(
        "Budi Contoh <budi@tujuan.example>", "Automatic reply: Undangan",
        "Saya sedang cuti sampai 1 Desember. Hubungi rekan saya bila mailbox saya penuh (mailbox full).\n",
        headers="Auto-Submitted: auto-replied\nX-Auto-Response-Suppress: All\n",
    ).replace(b"Return-Path: <>", b"Return-Path: <budi@tujuan.example>"), B.AUTO_REPLY, ""),
    Case("vacation of a Unix mailbox", plain(
        "budi@tujuan.example", "Re: Undangan", "Sedang cuti.\n", headers="Precedence: bulk\nX-Autoreply: yes\n",
    ).replace(b"Return-Path: <>", b"Return-Path: <budi@tujuan.example>"), B.AUTO_REPLY, ""),
    Case("read receipt", dsn(
        "Budi Contoh <budi@tujuan.example>", "Dibaca: Undangan", "Surat telah dibaca.",
        "Final-Recipient: rfc822;budi@tujuan.example\nDisposition: manual-action/MDN-sent-manually; displayed\n",
        report="disposition-notification", kind="message/disposition-notification",
    ), B.AUTO_REPLY, ""),
    Case("complaint", dsn(
        "FBL <fbl@penyedia.example>", "complaint about message from 192.0.2.1", "This is an email abuse report.",
        f"Feedback-Type: abuse\nUser-Agent: Penyedia/1.0\nVersion: 1\nOriginal-Mail-From: <{VERP}>\n",
        report="feedback-report", kind="message/feedback-report", to="pesan@kampus.example",
    ), B.COMPLAINT, ""),
    Case("a person writes to the bounce address", plain(
        "Budi Contoh <budi@tujuan.example>", "Re: Undangan", "Alamat ini tidak dapat dikirim, katanya. Mohon dibantu.\n",
    ).replace(b"Return-Path: <>", b"Return-Path: <budi@tujuan.example>"), B.OTHER, ""),
    Case("a wish to leave", plain(
        "Budi Contoh <budi@tujuan.example>", "BERHENTI u1f-abcdefghijklmnop", "",
    ).replace(b"Return-Path: <>", b"Return-Path: <budi@tujuan.example>"), B.LEAVE, ""),
)  # fmt: skip
