"""One paper of each kind as a site would print it; every person in them is synthetic."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from edge.core.adjudication import Bill, LineReason, Ruling, adjudicate
from edge.core.catalogue import ByBenefit, CatalogueRow, CostKind, Standards
from edge.core.charges import Charge
from edge.core.dates import SHANGHAI
from edge.core.entry_sheet import EntrySheet, SheetKind, settlement_fields
from edge.core.fallback import Ground, ManualPackage
from edge.core.fallback import Paper as Asked
from edge.core.fitting import Fitted, Fitting, FittingState
from edge.core.identity import Identity
from edge.core.paper.handed import (
    Referral,
    Referred,
)
from edge.core.paper.settled import Form, Settled
from edge.core.stay import Bedside, Injury, Stay, StayState
from edge.core.verification import (
    Basis,
    Category,
    Code,
    Decision,
    DeviceAct,
    Filing,
    FilingStatus,
    Notice,
    NoticeItem,
    Reason,
    Service,
    Verdict,
)
from tests.core.bills import RULES
from tests.core.fittings import OPEN

PERSON = Identity("110101199003070011", "䶮𫖯㛃·张三")
FACILITY = "天津市第一示范医院"
ADMITTED = datetime(2026, 11, 2, 9, 30, tzinfo=SHANGHAI)
LEFT = ADMITTED + timedelta(days=9, hours=6)
SETTLED_AT = LEFT + timedelta(hours=2)
SETTLEMENT = "0193a7c2-5b1e-7d40-9c3a-6f2e8b1d4c55"
SHA = "9f2c4a7be1d05836f4c2a9910be7d3586a4f0c1d2e3b4a59687706f5e4d3c2b1"

FORM = Form(title="工伤保险异地就医费用结算单", article="津 第二十五条", signed_by="工伤职工")
SICHUAN_FORM = Form(
    title="住院医疗费用支付结算表", article="川 第二十三条", signed_by="工伤职工本人或近亲属"
)

STAY = Stay(
    id="s1",
    person_id="p1",
    verification_id="v1",
    hospital_number="ZY20261102-0017",
    service=Service.INPATIENT_MEDICAL,
    injury=Injury(determination="京工伤认字〔2026〕第0321号", parts="左手第二、三掌骨"),
    bedside=Bedside(ward="骨科三病区", bed="12", diagnosis="左手第二、三掌骨骨折术后"),
    insured_region="110000",
    admission_decision=Decision.DIRECT,
    state=StayState.SETTLED,
    admitted_at=ADMITTED,
    discharged_at=LEFT,
)
FILING = Filing(
    id="BA110000202603020001", category=Category.LONG_TERM_RESIDENCE, status=FilingStatus.ACTIVE
)

_SINCE = date(2024, 1, 1)
CATALOGUE = (
    CatalogueRow(
        "XJ01",
        CostKind.DRUG,
        in_scope=True,
        price_cap_fen=1000,
        valid_from=_SINCE,
        name="头孢呋辛钠",
    ),
    CatalogueRow("ZL02", CostKind.TREATMENT, in_scope=True, valid_from=_SINCE, name="换药（中）"),
    CatalogueRow("MR03", CostKind.TREATMENT, in_scope=False, valid_from=_SINCE, name="美容祛疤"),
    CatalogueRow(
        "HC04",
        CostKind.CONSUMABLE,
        in_scope=True,
        quantity_max=Decimal(3),
        valid_from=_SINCE,
        name="骨科固定夹板",
    ),
    CatalogueRow("CW05", CostKind.BED, in_scope=True, valid_from=_SINCE, name="普通床位费"),
    CatalogueRow("HS06", CostKind.MEAL, in_scope=True, valid_from=_SINCE, name="住院伙食费"),
)
LAW = replace(
    RULES,
    articles=ByBenefit(
        medical=dict.fromkeys(LineReason, "津 第十九条"),
        rehab=dict.fromkeys(LineReason, "津 第十九条"),
        device=dict.fromkeys(LineReason, "津 第二十三条"),
    ),
    excluded={CostKind.MEAL: "津 第三条", CostKind.TRAVEL: "津 第三条"},
)


def charge(line_id: str, code: str, quantity: str, price: str, **other: object) -> Charge:
    """Return a line on the second day of the stay."""
    fen = int(Decimal(quantity) * Decimal(price) * 100)
    fields: dict[str, object] = {"injury_related": True, **other}
    return Charge(line_id, date(2026, 11, 3), code, quantity, price, fen, **fields)  # type: ignore[arg-type]


LINES = (
    charge("1", "XJ01", "14", "12.50"),
    charge("2", "ZL02", "6", "38.000000"),
    charge("3", "MR03", "1", "560"),
    charge("4", "HC04", "5", "125.4"),
    charge("5", "CW05", "9", "75"),
    charge("6", "HS06", "9", "20"),
    charge("7", "ZL02", "1", "38", injury_related=False, name="慢性胃炎换药<b>x</b> #eval(1) $a$"),
    charge("8", "XJ01", "-2", "12.50", reverses="1"),
)


def ruled(*lines: Charge) -> tuple[Bill, Ruling]:
    """Return a bill of the stay and what it comes to."""
    bill = Bill(
        treatment_region="120000",
        insured_region="110000",
        service=Service.INPATIENT_MEDICAL,
        admitted_on=ADMITTED.date(),
        discharged_on=LEFT.date(),
        catalogue=CATALOGUE,
        standards=Standards(bed_day_fen=6000),
        lines=lines,
    )
    return bill, adjudicate(bill, LAW)


def settled(*lines: Charge) -> Settled:
    """Return the stay's settlement."""
    bill, ruling = ruled(*(lines or LINES))
    return Settled(
        settlement=SETTLEMENT,
        case=STAY,
        person=PERSON,
        facility=FACILITY,
        filing=FILING,
        bill=bill,
        ruling=ruling,
        ruling_sha256=SHA,
        basis=Basis.LIST,
        as_of=ADMITTED,
        overdue_reason="网络中断，恢复后办理",
        settled_at=SETTLED_AT,
    )


def fitted() -> Settled:
    """Return a fitting's settlement: a first leg over the limit, and an arm that was not asked."""
    leg = Fitted(
        charge=charge("1", "D-LEG", "1", "21000", name="小腿假肢"),
        serial="SN-20261103-77",
        model="GK-3",
    )
    arm = Fitted(
        charge=charge("2", "D-ARM", "1", "800", name="前臂假肢维修"),
        act=DeviceAct.REPAIR,
        last_fitted_on=date(2023, 5, 6),
    )
    back = Fitted(charge=charge("3", "D-ARM", "-1", "800", name="前臂假肢维修", reverses="2"))
    fitting = replace(OPEN, state=FittingState.SETTLED, fitted_at=ADMITTED, lines=(leg, arm, back))
    rows = (
        CatalogueRow(
            "D-LEG",
            CostKind.DEVICE,
            in_scope=True,
            price_cap_fen=1_500_000,
            service_years=4,
            valid_from=_SINCE,
        ),
        CatalogueRow("D-ARM", CostKind.DEVICE, in_scope=True, valid_from=_SINCE),
    )
    item = NoticeItem(code="D-LEG", limit_fen=2_000_000, limit_multiplier=Decimal("1.02"))
    bill = Bill(
        treatment_region="120000",
        insured_region="110000",
        service=Service.DEVICE,
        admitted_on=ADMITTED.date(),
        catalogue=rows,
        notice=Notice(id="N1", items=(item, NoticeItem(code="D-ARM"))),
        lines=(leg.charge, arm.charge, back.charge),
    )
    return replace(
        settled(),
        case=fitting,
        bill=bill,
        ruling=adjudicate(bill, LAW),
        filing=None,
        basis=Basis.ONLINE,
        overdue_reason="",
    )


REASONS = (
    Reason(
        code=Code.THIRD_PARTY_LIABILITY,
        effect=Decision.MANUAL,
        article="津 第三条",
        text="涉及第三方责任，不能直接结算",
        text_en="a third party is liable",
        next="收取全部费用，出具手工报销材料",
    ),
    Reason(
        code=Code.VERIFIED_ONLINE,
        effect=Decision.DIRECT,
        article="津 第二十五条",
        text="已联网核验",
        text_en="verified on line",
        next="",
    ),
)


def manual() -> ManualPackage:
    """Return a package with a line that was refused, after a settlement that was reversed."""
    bill, ruling = ruled(*LINES, charge("9", "KNOWN-TO-NOBODY", "1", "10", name="院内自制洗剂"))
    return ManualPackage(
        stay=replace(STAY, state=StayState.MANUAL),
        person=PERSON,
        ground=Ground(
            code="THIRD_PARTY_LIABILITY",
            article="津 第三条",
            text="涉及第三方责任，不能直接结算",
            text_en="a third party is liable",
        ),
        reason="交通事故，对方全责，已与职工说明",
        verdict=Verdict(
            decision=Decision.MANUAL, reasons=REASONS, warnings=(), packs=(), settle_by=None
        ),
        bill=bill,
        ruling=ruling,
        papers=(
            Asked(
                zh="住院收费专用票据（含电子票据）",
                en="bill",
                article="津 第二十九条",
                original=True,
                is_bill=True,
                asked_back=True,
            ),
            Asked(
                zh="出院病情证明书",
                en="discharge certificate",
                article="津 第二十九条",
                original=True,
            ),
            Asked(zh="费用明细清单", en="itemised bill", article="客户规则"),
        ),
        reversed_settlement=SETTLEMENT,
        handed_at=SETTLED_AT,
    )


REFERRAL = Referral(
    condition="左手掌骨骨折术后三月，骨不连，需行植骨内固定翻修术",
    opinion="我院不具备显微植骨条件，建议转上级医院手足外科。",
    cannot=("treat",),
    destination="四川大学华西示范医院",
    physician="李医师",
    expert="王专家",
    employer="成都示范制造有限公司",
    injured_on="2026-08-01",
)
REFERRED = Referred(
    person=PERSON,
    injury=STAY.injury,
    insured_region="510000",
    hospital_number=STAY.hospital_number,
    diagnosis=STAY.bedside.diagnosis,
    facility=FACILITY,
    at=SETTLED_AT,
)


def typed(kind: SheetKind = SheetKind.SETTLEMENT) -> EntrySheet:
    """Return the sheet of the fitting."""
    one = fitted()
    assert isinstance(one.case, Fitting)
    given = settlement_fields(
        one.case, PERSON, one.bill, one.ruling, facility=FACILITY, at=SETTLED_AT
    )
    return EntrySheet(id="E1", case=one.case.ref, kind=kind, fields=given, made_at=SETTLED_AT)
