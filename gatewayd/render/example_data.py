"""Invented requests for the examples and the tests: nobody lives behind these names, numbers and addresses."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from gatewayd.core.forecast import Budget, Delay, Plan, Share
from gatewayd.core.health import Credit, Health, LinkState, Registration
from gatewayd.core.model import Channel, Fault, RefusedRow
from gatewayd.core.progress import RequestState
from gatewayd.core.reckoning import Forecast
from gatewayd.core.report import DecisionLine, DeliveryLog, ModemShare, ReportRow, Result, Stage, totals
from gatewayd.core.resources import Pause
from gatewayd.core.states import DeliveryState
from gatewayd.core.summary import Incident, SimFacts, SummaryFacts, UnitSum, Waiting
from gatewayd.core.underway import Underway
from gatewayd.render.views import (
    Alarm,
    ApprovalQuestion,
    Cancelled,
    Correction,
    Decision,
    Expired,
    FormMail,
    Forward,
    Head,
    Help,
    IncomingSms,
    Look,
    Merged,
    ModemFacts,
    Receipt,
    Report,
    Sample,
    Size,
    StatusAnswer,
    Summary,
    TokenProblem,
    Unclear,
    Understood,
    UnknownSender,
    Unreadable,
    View,
    WrongDesk,
)

NOW: Final = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)
LOOK: Final = Look(
    language="id", timezone="Asia/Jakarta", organisation="UPSI Universitas Contoh", gateway_name="gatewayd",
    sender="upsi@kampus.example", sender_name="UPSI", reply_to="permohonan@kampus.example", picture_rows=40,
)  # fmt: skip
HEAD: Final = Head(
    to_address="baa@kampus.example", message_id="<gatewayd.17.6f2a9c01@kampus.example>", date=NOW,
    to_name="Budi Contoh, S.Kom., M.T.", number="UPSI-2026-000123", in_reply_to="<form.1@kampus.example>",
    references=("<form.1@kampus.example>",),
)  # fmt: skip
UNDERWAY: Final = Underway(
    "UPSI-2026-000123", "Biro Administrasi Akademik", "sms", RequestState.SENDING, total=412, handled=120,
    delivered=115, failed=2, in_doubt=0, per_minute=6.2, ends_at=NOW + timedelta(minutes=47),
)  # fmt: skip
TEXT: Final = (
    "Kuliah Umum Jumat 27 Nov pukul 09.00 WIB di Auditorium. Hadir tepat waktu dan bawa KTM. -BAA Universitas Contoh"
)
WHAT: Final = Understood(
    unit="Biro Administrasi Akademik", applicant="Budi Contoh, S.Kom., M.T.", channel=Channel.SMS, text=TEXT,
    recipients=412, groups=("mahasiswa",), purpose="Undangan kuliah umum", wanted_by="27 November 2026",
)  # fmt: skip
SIZE: Final = Size(characters=len(TEXT), encoding="gsm7", parts=1, total_parts=412, cost_idr=144_200)
REFUSED: Final = (
    RefusedRow(8, "061-4567890", "row.landline", "Kantor Contoh"),
    RefusedRow(57, "0812-00", "row.too_short", "Rini Contoh"),
    RefusedRow(91, "081200000091", "row.opted_out", "Wati Contoh"),
)
APPROVED: Final = DecisionLine("Ka. UPSI", "Dr. Ratna Contoh, M.Kom.", "approve", "", NOW, "mail")
APPROVED_TOO: Final = DecisionLine(
    "Ka. BPSI", "Ir. Surya Contoh, M.T.", "approve", "", NOW + timedelta(minutes=14), "mail"
)
_MODEMS: Final = (
    ModemFacts(
        Health(
            "gsm1", LinkState.READY, NOW, operator="Telkomsel", registration=Registration.HOME, signal_dbm=-71,
            credit=Credit(
                NOW - timedelta(minutes=12), 96_500, date(2027, 1, 20), "Sisa pulsa Rp.96500", parts_since=10,
                reckoned_idr=93_000,
            ),
        ),
        lasts=Forecast(251, 58),
    ),
    ModemFacts(
        Health(
            "gsm2", LinkState.READY, NOW, operator="IM3", registration=Registration.HOME, signal_dbm=-97,
            credit=Credit(NOW - timedelta(hours=3), 1_200, date(2026, 12, 1), "Pulsa Rp 1.200"),
        ),
        Pause("modem.no_credit", "credit Rp 1200 is below Rp 5000"),
    ),
)  # fmt: skip
PLAN: Final = Plan(
    (Share("telkomsel", 248, 86_800, ("gsm1",)), Share("indosat", 121, 42_350, ("gsm1",)),
     Share("xl", 43, 15_050, ("gsm1",))),
    (Budget("gsm1", 412, 144_200, 10_500, 93_000, 5_000),),
    NOW + timedelta(minutes=5), NOW + timedelta(hours=1, minutes=23), 30, 0, (Delay.QUEUE,),
)  # fmt: skip
#: Nothing of it is as one would like it.
AWKWARD_PLAN: Final = Plan(
    (*PLAN.shares[:2], Share("smartfren", 12, 4_200, ("gsm2",)), Share("other", 3, None, ())),
    (*PLAN.budgets, Budget("gsm2", 12, 4_200, 0, 1_200, 5_000), Budget("kartu-cadangan-lantai-3", 1, None, 0, None, 0)),
    NOW + timedelta(hours=22), None, 1_234, 157, tuple(Delay), ("gsm2",),
)  # fmt: skip
_NAMES: Final = (
    "Siti Contoh", "Tono Contoh", "Dewi Contoh", "Agus Contoh", "Rini Contoh", "Joko Contoh", "Maya Contoh",
    "Raden Mas Bambang Kusumo Contoh Wiryawan, S.Si.", "Wati Contoh", "Eko Contoh", "Lina Contoh", "",
)  # fmt: skip
_OPERATORS: Final = ("telkomsel", "indosat", "xl", "tri", "smartfren", "axis")
#: Every how many rows something else than a delivery happens.
_ODD: Final[Mapping[int, tuple[DeliveryState, str, str]]] = {
    29: (DeliveryState.UNDELIVERED_UNKNOWN, "", ""),
    83: (DeliveryState.FAILED, "st-43", "not obtainable"),
    151: (DeliveryState.FAILED, "st-62", "given up: no response from the recipient"),
    211: (DeliveryState.IN_DOUBT, "timeout", "no answer"),
    307: (DeliveryState.EXPIRED, "st-46", "validity period expired"),
}


def rows(count: int) -> tuple[ReportRow, ...]:
    """`count` recipients, most of them reached."""
    return tuple(_row(number) for number in range(1, count + 1))


def _row(number: int) -> ReportRow:
    odd = next((what for every, what in _ODD.items() if number % every == 0), (DeliveryState.DELIVERED, "", ""))
    state, code, text = odd
    at = NOW + timedelta(minutes=30, seconds=9 * number)
    return ReportRow(
        row=number, address=f"+62812000{number % 100000:05d}", name=_NAMES[number % len(_NAMES)],
        id_number=f"21{number:08d}", operator=_OPERATORS[number % len(_OPERATORS)], parts=1, state=state,
        submitted_at=at, final_at=at + timedelta(seconds=6), cause_code=code, cause_text=text,
        modem="gsm2" if number % 3 == 0 else "gsm1",
    )  # fmt: skip


def _shares(count: int) -> tuple[ModemShare, ...]:
    """By one modem, or by two where there are many."""
    second = count // 3 if count > 100 else 0
    first = ModemShare("gsm1", "Telkomsel", count - second, 350 * (count - second), 93_000, NOW + timedelta(hours=1))
    if not second:
        return (first,)
    return (first, ModemShare("gsm2", "IM3", second, 300 * second, 41_300, NOW + timedelta(minutes=70)))


def log(count: int) -> DeliveryLog:
    """The delivery log of an SMS to `count` recipients."""
    return DeliveryLog(
        number=HEAD.number, unit=WHAT.unit, applicant=WHAT.applicant, purpose=WHAT.purpose, channel=Channel.SMS,
        subject="", text=TEXT, encoding="gsm7", asked_at=NOW, decisions=(APPROVED, APPROVED_TOO),
        started_at=NOW + timedelta(minutes=30), ended_at=NOW + timedelta(minutes=30, seconds=9 * count + 6),
        rows=rows(count), refused=REFUSED if count > 1 else (), duplicates=1 if count > 1 else 0, parts_planned=count,
        parts_sent=count, cost_estimate_idr=350 * count, stage=Stage.FINAL, modems=_shares(count),
    )  # fmt: skip


def logs() -> dict[str, DeliveryLog]:
    """Logs that look different: few, some, many, underway, and everything awkward at once."""
    some = log(12)
    underway = tuple(
        replace(row, state=DeliveryState.QUEUED, submitted_at=None, final_at=None) if row.row > 120 else row
        for row in rows(412)
    )
    awkward = replace(
        some, unit="Lembaga Penelitian dan Pengabdian kepada Masyarakat serta Penjaminan Mutu Universitas Contoh",
        text="Selamat 🎉 kepada wisudawan 👩‍🎓! " * 12 + "\n\nSalam,\nRektorat", encoding="", cost_estimate_idr=None,
        subject="Undangan wisuda & ramah tamah <keluarga besar>", purpose="Undangan " * 20, channel=Channel.EMAIL,
        modems=(),
        decisions=(replace(APPROVED, reason="Mohon dikirim sebelum jam kerja selesai, " * 4), APPROVED_TOO),
        rows=tuple(
            replace(row, address=f"penerima.{row.row}@kampus.example", operator="", state=state)
            for row, state in zip(some.rows, [*DeliveryState, *DeliveryState], strict=False)
        ),
    )  # fmt: skip
    return {
        "report-1": log(1), "report-12": some, "report-412": log(412), "report-awkward": awkward,
        "report-underway": replace(
            log(412), rows=underway, parts_sent=120, stage=Stage.INTERIM, ended_at=None,
            modems=_shares(120),
        ),
        "report-corrected": replace(
            log(412), stage=Stage.CORRECTED,
            before=tuple((result, count - 3 if result is Result.DELIVERED else count + 3 if result is Result.UNREPORTED
                          else count) for result, count in totals(log(412)).items()),
        ),
    }  # fmt: skip


def _summary_facts() -> SummaryFacts:
    """A week."""
    units = (
        UnitSum("BAA", Channel.SMS, 6, 2_412, 2_290, 98, 2, 2_600, 910_000),
        UnitSum("Fakultas Sains dan Teknologi", Channel.SMS, 3, 412, 401, 11, 0, 412, 144_200),
        UnitSum("LPM", Channel.EMAIL, 2, 312, 0, 4, 0, 0, 0),
    )
    signal = tuple(-75 + 3 * (step % 7) for step in range(28))
    return SummaryFacts(
        NOW - timedelta(days=7), NOW,
        {RequestState.DONE: 14, RequestState.AWAITING_APPROVAL: 2, RequestState.NEEDS_CORRECTION: 1}, units,
        tuple(
            SimFacts(one.health, one.pause, one.lasts, tuple(dbm - 20 * place for dbm in signal[place:]))
            for place, one in enumerate(_MODEMS)
        ),
        (Incident("modem.lost", "gsm2", 3, NOW - timedelta(hours=30)),
         Incident("token.misuse", "UPSI-2026-000120", 1, NOW - timedelta(days=3))),
        (Waiting("UPSI-2026-000131", "BAA", NOW - timedelta(days=2), ("Ka. UPSI", "Ka. BPSI")),
         Waiting("UPSI-2026-000133", "LPM", NOW - timedelta(hours=4), ())),
        date(2026, 10, 1), units,
    )  # fmt: skip


def examples() -> dict[str, View]:
    """One view of every kind, and of some kinds more."""
    to_approver = replace(HEAD, to_address="ratna@kampus.example", to_name="Dr. Ratna Contoh, M.Kom.", in_reply_to="")
    to_staff = replace(HEAD, to_address="staf@kampus.example", to_name="", number="", in_reply_to="", references=())
    plain = replace(HEAD, number="")
    smiling = replace(WHAT, text="Selamat ☺ kepada wisudawan!\nHadir pukul 07.00.")
    faults = (
        Fault("nama_lengkap", "field.missing"),
        Fault("tanggal_pengajuan", "date.impossible", "31-11-2026"),
        Fault("keterangan", "text.unclear", "mohon kirim SMS tentang kuliah umum kepada semua"),
    )
    return {
        "receipt": Receipt(HEAD, WHAT, SIZE, ("Ka. UPSI", "Ka. BPSI"), REFUSED, 1, ("AKUN BARU",),
            ("staf@kampus.example",), plan=PLAN),
        "receipt-ucs2": Receipt(
            HEAD, smiling, Size(46, "ucs2", 1, 412, None, ("☺", "“")), ("Ka. UPSI", "Ka. BPSI"),
            tuple(RefusedRow(row, "08", "row.too_short") for row in range(1, 61)), plain_parts=1,
        ),
        "correction": Correction(HEAD, faults, replace(WHAT, applicant="", text=""), REFUSED),
        "approval": ApprovalQuestion(
            to_approver, WHAT, SIZE, "Ka. BPSI", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", NOW + timedelta(days=7),
            sample=tuple(Sample(row.address, row.name) for row in rows(5)), modems=_MODEMS,
            plan=PLAN, decisions=(APPROVED,), refused=2, duplicates=1,
        ),
        "approval-awkward": ApprovalQuestion(
            to_approver, WHAT, SIZE, "Ka. UPSI", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", NOW + timedelta(days=7),
            modems=_MODEMS, plan=AWKWARD_PLAN,
        ),
        "approval-personal": ApprovalQuestion(
            to_approver, replace(WHAT, text="Yth. {nama}, kursi wisuda Anda {kursi}."), SIZE, "Ka. UPSI",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", NOW + timedelta(days=7),
            sample=tuple(Sample(row.address, row.name) for row in rows(5)),
            merged=(
                Merged("+6281200000101", "Siti Contoh", "Yth. Siti Contoh, kursi wisuda Anda A-01.", 1),
                Merged("+6281200000102", "", "Yth. Tono Contoh, kursi wisuda Anda B-117.", 1, is_longest=True),
            ),
        ),
        "decision": Decision(HEAD, APPROVED, WHAT, ("Ka. BPSI",)),
        "decision-rejected": Decision(
            HEAD, replace(APPROVED_TOO, verdict="reject", reason="Tanggal kuliah belum pasti."), WHAT
        ),
        "unclear": Unclear(to_approver, "Terima kasih, saya baca dulu."),
        "token-problem": TokenProblem(to_approver, "token.used"),
        "help": Help(plain, "Halo"),
        "form": FormMail(plain),
        "wrong-desk": WrongDesk(plain, ("AKUN BARU", "EMAIL BARU"), ("staf@kampus.example",)),
        "forward": Forward(
            to_staff, ("AKUN BARU",), "baa@kampus.example", NOW, 2_048, "Processed",
            b"From: baa@kampus.example\r\nSubject: Permohonan akun\r\n\r\nNAMA UNIT: BAA\r\nAKUN BARU [x]\r\n",
        ),
        "forward-big": Forward(
            replace(to_staff, number=HEAD.number), ("SI BARU",), "baa@kampus.example", NOW, 9_400_000, "Processed"
        ),
        "unknown-sender": UnknownSender(plain),
        "unreadable": Unreadable(
            plain, (Fault("attachment", "attachment.scan", "IMG_20261123.jpg"),
                    Fault("attachment", "attachment.kind", "daftar.rar")),
        ),
        "status": StatusAnswer(
            HEAD, RequestState.SENDING, totals(logs()["report-underway"]), WHAT, (APPROVED, APPROVED_TOO),
            progress=UNDERWAY, log=logs()["report-underway"],
        ),
        "cancelled": Cancelled(HEAD, "Budi Contoh, S.Kom., M.T.", "Acara ditunda", 292, 120),
        "expired": Expired(HEAD, NOW - timedelta(days=7), ("Ka. BPSI",)),
        "alarm": Alarm(to_staff, "modem.no_credit", "gsm2", NOW, "credit Rp 1200 is below Rp 5000"),
        "incoming-sms": IncomingSms(
            to_staff, "gsm1", "+6281200000144", "Mohon info jadwal wisuda, terima kasih.", NOW, NOW, 1
        ),
        "recovered": Alarm(to_staff, "recovered", "gsm2", NOW, "", "modem.no_credit"),
        "summary": Summary(plain, _summary_facts()),
        "report": Report(replace(HEAD, date=NOW + timedelta(hours=2)), log(412)),
    }  # fmt: skip
