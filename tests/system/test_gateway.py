"""Points 1 to 6 of the procedure on real parts: Dovecot, Postfix, Mosquitto, a modem on a pty, `gatewayd run`."""

import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from tests.fakes.spreadsheets import xlsx
from tests.system.campus import (
    DOMAIN,
    INVALID,
    KA_BPSI,
    KA_UPSI,
    SILENT,
    STAFF,
    UNIT,
    UNREACHABLE,
    Campus,
    form,
    list_csv,
    make,
    reply,
    running_campus,
    text,
)
from tests.system.rig import peak_memory, wait_for
from tests.system.systems import System, system
from tests.system.test_metrics import scraped

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

ONE = "081200000101"


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    with running_campus(tmp_path_factory.mktemp("campus")) as found:
        yield found


def ask(campus: Campus, body: str, *, attach: bytes = b"", name: str = "daftar.csv") -> tuple[str, EmailMessage]:
    """Mail a form; the request's number and the answer."""
    mail = make(UNIT, "Permohonan kirim SMS", body)
    if attach:
        mail.add_attachment(attach, maintype="text", subtype="csv", filename=name)
    campus.post(mail)
    answer = campus.answer_to(mail, UNIT)
    return campus.number_of(answer), answer


def now_stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def siakad_at(campus: Campus) -> AbstractContextManager[System]:
    return system(campus.mosquitto, "siakad", "s-rahasia")


def parts_of(mail: EmailMessage, kind: str) -> list[bytes]:
    found = [part.get_payload(decode=True) for part in mail.walk() if part.get_content_type() == kind]
    return [data for data in found if isinstance(data, bytes)]


def test_form_with_list_to_report(campus: Campus) -> None:
    """The whole procedure once: receipt, two approvals, sending, status reports, report to Ka. UPSI, then the unit."""
    rows = [("2110001", "Siti Contoh", ONE), ("2110002", "Tono Contoh", "+62 812-0000-0102")]
    rows += [("2110003", "Tak Terjangkau", UNREACHABLE), ("2110004", "Diam Contoh", SILENT)]
    rows += [("2110005", "Nomor Mati", INVALID), ("2110006", "Kantor", "061-4567890"), ("2110007", "Siti Lagi", ONE)]
    number, receipt = ask(campus, form(), attach=list_csv(rows))
    said = text(receipt)
    for fact in ("Kuliah umum Jumat pukul 09.00 di Auditorium.", "061-4567890", "GSM", "Rp 1.750"):
        assert fact in said, said
    shown = campus.daemon.show(number)
    assert (shown["state"], shown["recipients"], shown["duplicates"]) == ("awaiting_approval", 5, 1)
    assert [(row, code) for row, _, code in shown["refused"]] == [(7, "row.landline")]

    campus.approve(number)
    shown = campus.daemon.wait_state(number, "done")
    assert shown["totals"] == {"delivered": 2, "failed": 2, "undelivered_unknown": 1}
    assert Counter(entry["recipient"] for entry in campus.modem.ledger() if "Kuliah umum" in entry["text"]) == Counter(
        ["+6281200000101", "+6281200000102", UNREACHABLE, SILENT]
    )

    first = campus.wait_mail(KA_UPSI, lambda m: number in str(m["Subject"]) and bool(parts_of(m, "image/png")))
    last = campus.wait_mail(UNIT, lambda m: number in str(m["Subject"]) and bool(parts_of(m, "image/png")))
    for mail in (first, last):
        assert parts_of(mail, "image/png")[0].startswith(b"\x89PNG")
        assert parts_of(mail, "text/html")
        table = parts_of(mail, "text/csv")[0].decode("utf-8-sig")
        assert table.count("\n") >= 5
        assert "0812****101" in table
        assert ONE not in table
    order = [event["GW_AUDIENCE"] for event in campus.daemon.events("report.asked") if event["GW_REQUEST"] == number]
    assert order == ["first", "applicant"]


def test_everybody_hears_of_every_decision(campus: Campus) -> None:
    number, _ = ask(campus, form("Rapat unit.", recipients=ONE))
    campus.post(reply(KA_UPSI, campus.wait_about(KA_UPSI, number, "Kode:"), "SETUJU"))
    campus.post(reply(KA_BPSI, campus.wait_about(KA_BPSI, number, "Kode:"), "TOLAK isi belum lengkap"))
    campus.daemon.wait_state(number, "rejected")
    for person in (UNIT, KA_UPSI, KA_BPSI):
        campus.wait_about(person, number, "isi belum lengkap")
    assert not [entry for entry in campus.modem.ledger() if "Rapat unit" in entry["text"]]


def test_approval_question_has_the_facts(campus: Campus) -> None:
    number, _ = ask(campus, form("Undangan seminar.", recipients=ONE))
    said = text(campus.wait_about(KA_UPSI, number, "Kode:"))
    for fact in ("Budi Contoh", "Biro Administrasi Akademik", "Undangan seminar.", "gsm1", "dBm", "Rp 350"):
        assert fact in said, f"{fact!r} is missing in:\n{said}"


def test_a_decision_needs_its_word_above_the_quote_and_the_right_person(campus: Campus) -> None:
    number, _ = ask(campus, form("Uji keputusan.", recipients=ONE))
    question = campus.wait_about(KA_UPSI, number, "Kode:")
    campus.post(reply(KA_BPSI, question, "SETUJU"))
    campus.wait_about(KA_BPSI, number, "")
    robot = reply(KA_UPSI, question, "SETUJU")
    robot["Auto-Submitted"] = "auto-replied"
    campus.post(robot)
    campus.post(reply(KA_UPSI, question, "SETUJU"), proven=False)
    silent = reply(KA_UPSI, question, "Terima kasih, saya baca dulu.")
    campus.post(silent)
    campus.answer_to(silent, KA_UPSI)
    assert campus.daemon.show(number)["decisions"] == []
    campus.post(reply(KA_UPSI, question, "SETUJU"))
    wait_for("the decision", lambda: campus.daemon.show(number)["decisions"])
    campus.post(again := reply(KA_UPSI, question, "SETUJU"))
    campus.answer_to(again, KA_UPSI)
    assert len(campus.daemon.show(number)["decisions"]) == 1


def test_faulty_form_gets_one_mail_and_its_correction_continues_the_request(campus: Campus) -> None:
    body = form(recipients=ONE, NAMA_LENGKAP="", TANGGAL_PENGAJUAN="31-11-2026")
    number, answer = ask(campus, body)
    said = text(answer)
    assert "31-11-2026" in said
    assert "NAMA LENGKAP" in said
    assert campus.daemon.show(number)["state"] == "needs_correction"
    corrected = reply(UNIT, answer, "NAMA LENGKAP: Budi Contoh\nTANGGAL PENGAJUAN: 23-11-2026")
    campus.post(corrected)
    campus.daemon.wait_state(number, "awaiting_approval")
    assert campus.number_of(campus.answer_to(corrected, UNIT)) == number


def test_text_outside_gsm7_is_said_before_anybody_approves(campus: Campus) -> None:
    _, receipt = ask(campus, form("Selamat ☺ wisuda", recipients=ONE))
    assert "☺" in text(receipt)
    assert "UCS" in text(receipt)


def test_xlsx_list(campus: Campus) -> None:
    rows = [["NPM", "Nama", "No HP"], ["2110001", "Siti Contoh", 81200000101.0], ["2110002", "Tono", "0812 0000 0102"]]
    mail = make(UNIT, "Permohonan SMS", form("Dari lembar kerja."))
    mail.add_attachment(
        xlsx({"Daftar": rows}), maintype="application", subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        filename="daftar.xlsx",
    )  # fmt: skip
    campus.post(mail)
    number = campus.number_of(campus.answer_to(mail, UNIT))
    assert campus.daemon.show(number)["recipients"] == 2


def test_long_text_is_sent_in_parts_with_reports(campus: Campus) -> None:
    words = "Kuliah ditiadakan karena pemadaman listrik di gedung utama. " * 4
    number, _ = ask(campus, form(words.strip(), recipients=ONE))
    campus.approve(number)
    shown = campus.daemon.wait_state(number, "done")
    assert shown["totals"] == {"delivered": 1}
    sent = [entry for entry in campus.modem.ledger() if entry["concat"] and "pemadaman" in entry["text"]]
    assert [entry["concat"][1:] for entry in sent] == [[2, 1], [2, 2]]


def test_bulk_mail_is_the_second_channel(campus: Campus) -> None:
    recipients = f"budi@{DOMAIN}\nsiti@{DOMAIN}\nrusak@@{DOMAIN}"
    body = (
        form("Undangan wisuda terlampir pada portal.", recipients=recipients, SMS_MASSAL="") + "\nEMAIL MASSAL: [x]\n"
    )
    number, receipt = ask(campus, body.replace("KETERANGAN", "SUBJEK: Undangan wisuda\nKETERANGAN"))
    assert campus.daemon.show(number)["channel"] == "email", text(receipt)
    campus.approve(number)
    shown = campus.daemon.wait_state(number, "done")
    assert shown["totals"] == {"accepted": 2}
    for person in ("budi", "siti"):
        mail = campus.wait_mail(f"{person}@{DOMAIN}", lambda m: "Undangan wisuda" in str(m["Subject"]))
        assert str(mail["To"]).count("@") == 1
        assert "Undangan wisuda terlampir pada portal." in text(mail)


def test_a_file_that_goes_along_reaches_approver_and_recipients(campus: Campus) -> None:
    poster = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300
    body = form("Lihat poster.", recipients=f"siti@{DOMAIN}", SMS_MASSAL="") + "\nEMAIL MASSAL: [x]\n"
    mail = make(UNIT, "Permohonan poster", body.replace("KETERANGAN", "SUBJEK: Poster wisuda\nKETERANGAN"))
    mail.add_attachment(poster, maintype="image", subtype="png", filename="poster wisuda.png")
    campus.post(mail)
    number = campus.number_of(campus.answer_to(mail, UNIT))
    question = campus.wait_about(KA_UPSI, number, "Kode:")
    assert [file.get_content() for file in question.iter_attachments()] == [poster]
    campus.approve(number)
    campus.daemon.wait_state(number, "done")
    got = campus.wait_mail(f"siti@{DOMAIN}", lambda m: "Poster wisuda" in str(m["Subject"]))
    (file,) = got.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("poster wisuda.png", poster)


def test_mqtt_job_receipt_status_and_duplicate(campus: Campus) -> None:
    with siakad_at(campus) as siakad:
        siakad.subscribe("gatewayd/receipts/siakad", "gatewayd/status/siakad/#")
        job = {
            "v": 1, "id": "s-1", "created": now_stamp(), "expires": "2099-01-01T00:00:00Z", "channel": "sms",
            "to": [{"to": "0812-0000-0101", "name": "Siti", "vars": {"kelas": "TI-5A"}}],
            "text": "Kelas {kelas} pindah.",
            "priority": "urgent", "purpose": "akademik",
        }  # fmt: skip
        siakad.publish("gatewayd/jobs/siakad", json.dumps(job))
        receipt = siakad.wait("gatewayd/receipts/siakad", lambda m: m["job"] == "s-1")
        assert (receipt["result"], receipt["recipients"], receipt["parts"]) == ("accepted", 1, 1)
        siakad.wait("gatewayd/status/siakad/s-1", lambda m: m["state"] == "done", 60)
        assert [e["text"] for e in campus.modem.ledger() if "TI-5A" in e["text"]] == ["Kelas TI-5A pindah."]
        siakad.publish("gatewayd/jobs/siakad", json.dumps(job))
        again = siakad.wait("gatewayd/receipts/siakad", lambda m: m["result"] == "duplicate")
        assert again["request"] == receipt["request"]
        siakad.publish("gatewayd/jobs/siakad", json.dumps(job | {"text": "Lain"}))
        siakad.wait("gatewayd/receipts/siakad", lambda m: m["result"] == "rejected")
    assert len([e for e in campus.modem.ledger() if "TI-5A" in e["text"]]) == 1


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        pytest.param(b"{", "", id="not JSON"),
        pytest.param(b'{"v":1,"id":"x","surprise":1}', "surprise", id="unknown field"),
        pytest.param(b" " * 70_000, "", id="over 64 KiB"),
    ],
)
def test_bad_jobs_are_rejected_with_their_path(campus: Campus, payload: bytes, path: str) -> None:
    with siakad_at(campus) as siakad:
        siakad.subscribe("gatewayd/receipts/siakad")
        siakad.publish("gatewayd/jobs/siakad", payload)
        receipt = siakad.wait("gatewayd/receipts/siakad", lambda m: m["result"] == "rejected")
    assert path in [error["path"] for error in receipt["errors"]]


def test_job_without_preapproval_waits_for_people(campus: Campus) -> None:
    job = {
        "v": 1, "id": "s-2", "created": now_stamp(), "expires": "2099-01-01T00:00:00Z", "channel": "sms",
        "to": [f"08120000010{index}" for index in range(1, 6)], "text": "Perlu izin.",
    }  # fmt: skip
    with siakad_at(campus) as siakad:
        siakad.subscribe("gatewayd/receipts/siakad")
        siakad.publish("gatewayd/jobs/siakad", json.dumps(job))
        number = siakad.wait("gatewayd/receipts/siakad", lambda m: m["job"] == "s-2")["request"]
    assert campus.daemon.show(number)["state"] == "awaiting_approval"
    campus.daemon.cli("reject", number, "--reason", "uji")
    campus.daemon.wait_state(number, "rejected")


def test_no_credit_pauses_the_modem_says_why_and_goes_on_by_itself(campus: Campus) -> None:
    campus.modem.tell({"set": {"credit": 900}})
    paused = wait_for("the pause", lambda: [row for row in status(campus) if row["state"] == "modem.no_credit"])
    assert "900" in paused[0]["why"]
    campus.wait_mail(STAFF, lambda m: "gsm1" in text(m) and "pulsa" in text(m).lower())
    number, _ = ask(campus, form("Menunggu pulsa.", recipients=ONE))
    campus.approve(number)
    campus.daemon.wait_state(number, "approved")
    assert not [entry for entry in campus.modem.ledger() if "Menunggu pulsa" in entry["text"]]
    campus.modem.tell({"set": {"credit": 90000}})
    campus.daemon.wait_state(number, "done")


def test_unplugged_modem_is_lost_and_found(campus: Campus) -> None:
    campus.modem.tell({"unplug": True})
    lost = wait_for(
        "the pause", lambda: [row for row in status(campus) if row["name"] == "gsm1" and row["state"] != "ready"]
    )
    assert lost[0]["why"]
    campus.modem.tell({"replug": True})
    wait_for("the modem back", lambda: [r for r in status(campus) if r["name"] == "gsm1" and r["state"] == "ready"])


def status(campus: Campus) -> list[dict[str, str]]:
    links: list[dict[str, str]] = campus.daemon.json("status")["links"]
    return links


def test_servers_that_were_away_are_found_again(campus: Campus) -> None:
    """Mail and broker go away; the modem goes on; everything recovers by itself."""
    campus.dovecot.stop()
    campus.mosquitto.stop()
    for name in ("mailbox", "broker"):
        wait_for(f"{name} lost", lambda name=name: [r for r in status(campus) if r["state"] == f"{name}.lost"])  # type: ignore[misc]
    assert [row["state"] for row in status(campus) if row["name"] == "gsm1"] == ["ready"]
    campus.dovecot.start()
    campus.mosquitto.start()
    for name in ("mailbox", "broker"):
        wait_for(
            f"{name} back", lambda name=name: [r for r in status(campus) if r["name"] == name and r["state"] == "ready"]
        )  # type: ignore[misc]
    number, _ = ask(campus, form("Setelah pulih.", recipients=ONE))
    assert campus.daemon.show(number)["state"] == "awaiting_approval"
    with siakad_at(campus) as siakad:
        siakad.subscribe("gatewayd/receipts/siakad")
        siakad.publish("gatewayd/jobs/siakad", b"{")
        siakad.wait("gatewayd/receipts/siakad", lambda m: m["result"] == "rejected")


def test_lost_registration_pauses_and_comes_back(campus: Campus) -> None:
    campus.modem.tell({"set": {"registration": 2}})
    wait_for("the pause", lambda: [r for r in status(campus) if r["state"] == "modem.not_registered"])
    campus.modem.tell({"set": {"registration": 1}})
    wait_for("the modem back", lambda: [r for r in status(campus) if r["name"] == "gsm1" and r["state"] == "ready"])


def test_strangers_robots_and_noise(campus: Campus) -> None:
    """Unknown but proven senders get one clear answer; unproven and automatic mail gets none; nothing stays behind."""
    stranger = make(f"budi@{DOMAIN}", "Permohonan", form(recipients=ONE))
    campus.post(stranger)
    campus.answer_to(stranger, f"budi@{DOMAIN}")
    forged = make(UNIT, "Permohonan palsu", form("Palsu.", recipients=ONE))
    campus.post(forged, proven=False)
    robot = make(UNIT, "Out of office", "Saya sedang cuti.")
    robot["Auto-Submitted"] = "auto-replied"
    campus.post(robot)
    noise = make(UNIT, "Halo", "Apa kabar?")
    campus.post(noise)
    campus.answer_to(noise, UNIT)
    wait_for("an empty mailbox", lambda: campus.dovecot.mails("gateway") == [])
    assert not [m for m in campus.inbox(UNIT) if str(forged["Message-ID"]) in str(m["In-Reply-To"] or "")]
    assert not [m for m in campus.inbox(UNIT) if str(robot["Message-ID"]) in str(m["In-Reply-To"] or "")]


def test_the_same_mail_twice_is_one_request(campus: Campus) -> None:
    mail = make(UNIT, "Dua kali", form("Dua kali terkirim.", recipients=ONE))
    campus.post(mail)
    campus.answer_to(mail, UNIT)
    before = len(campus.daemon.json("requests"))
    campus.post(mail)
    wait_for("an empty mailbox", lambda: campus.dovecot.mails("gateway") == [])
    assert len(campus.daemon.json("requests")) == before


def test_a_mail_over_the_limit_gets_one_clear_answer(campus: Campus) -> None:
    mail = make(UNIT, "Lampiran besar", form(recipients=ONE))
    mail.add_attachment(b"x" * 9_000_000, maintype="application", subtype="octet-stream", filename="besar.bin")
    campus.post(mail)
    assert "10" in text(campus.answer_to(mail, UNIT, 60))


def test_status_show_and_report_commands(campus: Campus) -> None:
    out = campus.folder / "berkas"
    number, _ = ask(campus, form("Untuk laporan.", recipients=ONE))
    campus.approve(number)
    campus.daemon.wait_state(number, "done")
    campus.daemon.cli("report", number, "-o", str(out))
    assert {path.suffix for path in out.iterdir()} == {".html", ".png", ".csv", ".pdf", ".xlsx"}
    assert "gsm1" in campus.daemon.cli("status").stdout
    assert number in campus.daemon.cli("show", number).stdout
    missing = campus.daemon.cli("show", "UPSI-1999-000001", check=False)
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)


def test_the_daemon_stays_small_and_stops_cleanly(campus: Campus) -> None:
    page = str(tomllib.loads(campus.daemon.config.read_text(encoding="utf-8"))["metrics"]["listen"])
    for _ in range(20):
        found = scraped(int(page.rpartition(":")[2]))
    assert found["gatewayd_link_ready", "modem", "gsm1"] == 1
    assert peak_memory(campus.daemon.pid) <= 64 * 1024 * 1024


def test_berhenti_is_obeyed_and_confirmed_by_the_sim_it_came_to(campus: Campus) -> None:
    asker = "+6281200000188"
    campus.modem.tell({"inbound": {"from": asker, "text": "BERHENTI"}})

    def confirmed() -> bool:
        return any(entry["recipient"] == asker for entry in campus.modem.ledger())

    wait_for("the confirmation", confirmed)
    assert asker in [row["address"] for row in campus.daemon.json("optout", "list")]
    number, receipt = ask(campus, form("Halo semua.", recipients=f"{asker}\n0812-0000-0101"))
    assert "BERHENTI" in text(receipt)
    campus.daemon.cli("cancel", number)
    campus.daemon.cli("optout", "remove", asker)


def test_a_form_for_another_desk_is_passed_on_with_the_mail_itself(campus: Campus) -> None:
    body = form(recipients="", SMS_MASSAL="[ ] MAHASISWA [ ] PEGAWAI [ ] DOSEN [ ] LAINNYA")
    mail = make(UNIT, "Permohonan akun", body.replace("SMS MASSAL", "SISTEM INFORMASI:\nAKUN BARU [x]\nSMS MASSAL"))
    campus.post(mail)
    said = text(campus.answer_to(mail, UNIT))
    assert "AKUN BARU" in said
    assert STAFF in said
    passed_on = campus.wait_mail(STAFF, lambda m: "AKUN BARU" in str(m["Subject"]))
    (original,) = [part for part in passed_on.walk() if part.get_content_type() == "message/rfc822"]
    assert original.get_payload(0)["Message-ID"] == mail["Message-ID"]


def test_every_send_is_explained_and_one_person_can_be_erased(campus: Campus) -> None:
    """From the form's bytes to both decisions; then no byte of the person is left in the folder."""
    person, name = "0812-0000-0155", "Wulandari Contohnya"
    number, _ = ask(
        campus, form("Yth {nama}, rapat."), attach=list_csv([("2110055", name, person), ("2110056", "Siti", ONE)])
    )
    campus.approve(number)
    campus.daemon.wait_state(number, "done")
    wait_for(
        "the last report", lambda: any(e["GW_REQUEST"] == number for e in campus.daemon.events("request.reported"))
    )
    assert campus.daemon.json("audit", "verify")["faults"] == []
    sends = [json.loads(line) for line in campus.daemon.cli("audit", "export", "--sends").stdout.splitlines()]
    mine = [sent for sent in sends if sent["request"] == number]
    assert len(mine) == 2
    for sent in mine:
        assert len(sent["raw_digest"]) == 64
        assert sent["raw_proof"].startswith(("dmarc=pass", "dkim=pass"))
        assert [one["proof"][:9] for one in sent["decisions"]] == [sent["raw_proof"][:9]] * 2

    def erased() -> bool:
        done = campus.daemon.cli("erase", person, "--yes", check=False)
        assert done.returncode == 0 or "not yet" in done.stderr, done.stderr
        return done.returncode == 0

    wait_for("the erasure", erased)
    state_dir = campus.folder / "state"
    for path in (path for path in [*state_dir.rglob("*"), campus.daemon.log_path] if path.is_file()):
        found = path.read_bytes()
        for word in (b"81200000155", b"0812-0000-0155", b"Wulandari"):
            assert word not in found, f"{word!r} in {path.name}"
    assert campus.daemon.json("audit", "verify")["faults"] == []
    assert campus.daemon.show(number)["removed"].keys() >= {"person"}
