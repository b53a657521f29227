"""The agency's page for IT staff: one screen, server-rendered, without any outside asset.

Every button is a form that posts; what it does stands in ``simulators.agency.office``.
"""

from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from edge.core.money import yuan
from edge.store.database import Row
from simulators.agency.office import Office
from simulators.agency.refusals import AgencyRefuses
from simulators.agency.terms import Term

ROWS_MAX = 100
_BODY_BYTES_MAX = 64 * 1024
_STYLE = (
    "body{font:14px sans-serif;margin:2em;max-width:80em}table{border-collapse:collapse}"
    "td,th{border:1px solid #999;padding:.3em .6em;text-align:left}form{display:inline}"
    "h2{margin-top:1.5em}.refused{background:#fdd;padding:.6em}"
)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
}

_DUTIES = {
    "filing_decision": "备案审核",
    "clearing": "清算确认",
    "upload": "上传上月结算",
    "payment": "统一拨付",
}

Given = Mapping[str, str]


def add_page(app: FastAPI, office: Office) -> None:
    """Serve ``/agency`` and the acts of its buttons."""
    acts: dict[str, Callable[[Given], object]] = {
        "approve": lambda given: office.registry.approve(given["filing"]),
        "move": lambda given: office.registry.move(given["filing"], given["status"]),
        "worker": lambda given: office.registry.suspend_worker(
            given["id_number"], suspended=given["suspended"] == "1"
        ),
        "audit": lambda given: office.audits.audit(given["claim"], by_rules=True),
        "clearing": lambda given: office.clearings.confirm(given["region"], given["period"]),
        "lift": lambda given: office.audits.answer(
            given["objection"], lifted_fen=int(given["lifted_fen"]), text=given["text"]
        ),
        "statement": lambda given: office.audits.state(given["facility"], given["month"]),
        "pay": lambda given: office.audits.pay(given["facility"], given["month"]),
        "by_hand": lambda given: office.by_hand.pay(given["inquiry"]),
        "withdraw": lambda given: office.by_hand.withdraw(given["inquiry"]),
    }

    @app.get("/agency")
    def page(refused: str = "") -> Response:
        return Response(_page(office, refused), media_type="text/html", headers=_HEADERS)

    @app.post("/agency/acts/{act}")
    async def press(act: str, request: Request) -> Response:
        body = (await request.body())[:_BODY_BYTES_MAX].decode()
        given = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        try:
            await run_in_threadpool(acts[act], given)
        except AgencyRefuses as wrong:
            return RedirectResponse(f"/agency?refused={wrong.code}", 303)
        except (KeyError, ValueError):
            return Response(status_code=422)
        return RedirectResponse("/agency", 303)


def _page(office: Office, refused: str) -> str:
    told = f'<p class="refused">{escape(refused)}</p>' if refused else ""
    parts = (_terms, _filings, _workers, _claims, _objections, _by_hand)
    body = "".join(part(office) for part in parts)
    return (
        f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>经办机构（模拟）</title>'
        f"<style>{_STYLE}</style><h1>经办机构（模拟） Agency, simulated</h1>{told}{body}</html>"
    )


def _terms(office: Office) -> str:
    today = office.today()
    waiting = [one for one in office.terms() if one.done_on is None][:ROWS_MAX]
    return _table(
        "期限 Terms",
        ("事项", "对象", "截止日", "依据", "", ""),
        [
            (
                _DUTIES[one.duty],
                one.subject,
                one.due_on,
                one.article,
                "已逾期" if one.late(today) else "",
                _clearing_button(one),
            )
            for one in waiting
        ],
    )


def _clearing_button(one: Term) -> str:
    if one.duty != "clearing":
        return ""
    region, _, period = one.subject.partition(" ")
    return _button("clearing", "确认清算", region=region, period=period)


def _filings(office: Office) -> str:
    rows = office.store.read().query(
        "select id, id_number, status, locked_until from filings order by id limit ?", [ROWS_MAX]
    )
    return _table(
        "备案 Filings",
        ("编号", "职工", "状态", "锁定至", ""),
        [
            (row["id"], row["id_number"], row["status"], row["locked_until"], _filing_buttons(row))
            for row in rows
        ],
    )


def _filing_buttons(row: Row) -> str:
    if row["status"] == "pending":
        return _button("approve", "核准", filing=row["id"])
    moves = {"active": ("suspended", "中止"), "suspended": ("active", "恢复")}
    if row["status"] not in moves:
        return ""
    status, label = moves[row["status"]]
    return _button("move", label, filing=row["id"], status=status) + _button(
        "move", "终止", filing=row["id"], status="terminated"
    )


def _workers(office: Office) -> str:
    rows = office.store.read().query(
        "select id_number, name, insured_city, suspended from workers order by id_number limit ?",
        [ROWS_MAX],
    )
    return _table(
        "职工 Workers",
        ("证号", "姓名", "参保地", "暂停", ""),
        [
            (
                row["id_number"],
                row["name"],
                row["insured_city"],
                "是" if row["suspended"] else "",
                _button(
                    "worker",
                    "恢复" if row["suspended"] else "暂停",
                    id_number=row["id_number"],
                    suspended="0" if row["suspended"] else "1",
                ),
            )
            for row in rows
        ],
    )


def _claims(office: Office) -> str:
    rows = office.store.read().query(_CLAIMS, [ROWS_MAX])
    return _table(
        "月结 Claims",
        ("机构", "月份", "笔数", "申请（元）", "核定（元）", "已拨（元）", ""),
        [
            (
                row["facility"],
                row["month"],
                row["n"],
                yuan(row["claimed_fen"]),
                yuan(row["approved_fen"]),
                yuan(row["paid_fen"]),
                _claim_buttons(row),
            )
            for row in rows
        ],
    )


def _claim_buttons(row: Row) -> str:
    if not row["audited_at"]:
        return _button("audit", "按规则审核", claim=row["id"])
    where = {"facility": row["facility"], "month": row["month"]}
    pay = _button("pay", "拨付", **where) if row["confirmed_at"] else "待机构确认"
    return _button("statement", "发布月结单", **where) + pay


def _objections(office: Office) -> str:
    rows = office.store.read().query(
        "select * from objections where answered_at is null order by id limit ?", [ROWS_MAX]
    )
    return _table(
        "异议 Objections",
        ("机构", "扣除", "理由", "答复"),
        [
            (
                row["facility"],
                row["deduction"],
                row["text"],
                _button("lift", "维持扣除", objection=row["id"], lifted_fen="0", text="维持"),
            )
            for row in rows
        ],
    )


def _by_hand(office: Office) -> str:
    rows = office.store.read().query(
        "select * from reimbursements order by asked_at desc limit ?", [ROWS_MAX]
    )
    return _table(
        "手工报销 Manual reimbursement",
        ("编号", "机构", "起", "止", "状态", ""),
        [
            (
                row["inquiry"],
                row["facility"],
                row["since"],
                row["until"],
                row["state"],
                _button("by_hand", "报销", inquiry=row["inquiry"])
                + _button("withdraw", "撤回", inquiry=row["inquiry"])
                if row["state"] in {"asked", "clear"}
                else "",
            )
            for row in rows
        ],
    )


def _table(title: str, heads: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<h2>{escape(title)}</h2><table><tr>{head}</tr>{body}</table>"


class _Html(str):
    """Markup of our own, not to be escaped again."""

    __slots__ = ()


def _cell(value: object) -> str:
    shown = value if isinstance(value, _Html) else escape("" if value is None else str(value))
    return f"<td>{shown}</td>"


def _button(act: str, label: str, **fields: str) -> _Html:
    inputs = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    button = f"<button>{escape(label)}</button>"
    return _Html(f'<form method="post" action="/agency/acts/{act}">{inputs}{button}</form>')


_CLAIMS = """\
select c.*, count(i.settlement) as n, coalesce(sum(i.claimed_fen), 0) as claimed_fen,
    coalesce(sum(i.approved_fen), 0) as approved_fen,
    (select coalesce(sum(amount_fen), 0) from payments as p
     where p.facility = c.facility and p.month = c.month) as paid_fen
from claims as c left join claim_items as i on i.claim = c.id
group by c.id order by c.month desc, c.facility limit ?"""
