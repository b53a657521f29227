"""The bill calculator: the contract's JSON in, the contract's JSON out, wrong fields by name."""

import json
from typing import Any

import pytest

from edge import codec
from edge.core.adjudication import Bill
from edge.core.errors import BadInput
from edge.steps.rule_bill import adjudicate_json
from tests.core.desk import rulebook

LINE = {
    "id": "1",
    "date": "2024-06-02",
    "code": "A1",
    "name": "样例",
    "quantity": "2",
    "price": "12.345600",
    "amount_fen": 2469,
    "injury_related": True,
    "reverses": None,
}
ROW = {
    "code": "A1",
    "kind": "drug",
    "in_scope": True,
    "price_cap_fen": 5000,
    "quantity_per_day_max": None,
    "quantity_max": None,
    "valid_from": "2024-01-01",
    "valid_to": None,
}
BILL = {
    "treatment_region": "120000",
    "insured_region": "510000",
    "service": "inpatient_medical",
    "admitted_on": "2024-06-01",
    "discharged_on": "2024-06-11",
    "catalogue": [ROW],
    "standards": {"bed_day_fen": 6000},
    "notice": None,
    "lines": [LINE],
}


def ruling(bill: object) -> Any:  # noqa: ANN401 - JSON
    return json.loads(adjudicate_json(json.dumps(bill).encode(), rulebook()))


def with_line(**changed: object) -> dict[str, Any]:
    return {**BILL, "lines": [{**LINE, **changed}]}


def with_row(**changed: object) -> dict[str, Any]:
    return {**BILL, "catalogue": [{**ROW, **changed}]}


def test_the_contracts_example_is_ruled_as_the_contract_writes_it() -> None:
    assert ruling(BILL) == {
        "total_fen": 2469,
        "fund_fen": 2469,
        "personal_fen": 0,
        "personal": {
            "out_of_catalogue": 0,
            "over_standard": 0,
            "non_injury": 0,
            "excluded": 0,
            "device_over_limit": 0,
        },
        "lines": [
            {
                "id": "1",
                "amount_fen": 2469,
                "fund_fen": 2469,
                "personal_fen": 0,
                "bucket": None,
                "catalogue_row": "A1@2024-01-01",
                "reason": "IN_SCOPE",
                "article": "津 第二十三条",
                "split": None,
            }
        ],
        "refused": [],
        "kinds": {"drug": {"total_fen": 2469, "fund_fen": 2469, "personal_fen": 0}},
        "days": {"2024-06-02": {"total_fen": 2469, "fund_fen": 2469, "personal_fen": 0}},
    }


def test_an_array_of_bills_gives_an_array_of_rulings() -> None:
    assert ruling([BILL, with_line(quantity="1")]) == [
        ruling(BILL),
        ruling(with_line(quantity="1")),
    ]
    assert ruling([]) == []


def test_a_bad_number_refuses_its_line_and_not_the_bill() -> None:
    refused = ruling(with_line(price="12,3"))["refused"]
    assert [(one["id"], one["code"]) for one in refused] == [("1", "BAD_NUMBER")]
    assert refused[0]["text"]


def test_a_limit_of_quantity_may_be_a_number_or_text() -> None:
    for limit in (1, "1", "1.0", 1.0):
        line = ruling(with_row(quantity_max=limit))["lines"][0]
        assert (line["fund_fen"], line["reason"]) == (1235, "OVER_QUANTITY")


@pytest.mark.parametrize(
    ("field", "bill"),
    [
        ("lines[0].price", with_line(price=12.3456)),
        ("lines[0].amount_fen", with_line(amount_fen=24.69)),
        ("lines[0].date", with_line(date="2024-06-31")),
        ("lines[0].injury_related", with_line(injury_related=None)),
        ("catalogue[0].in_scope", with_row(in_scope=None)),
        ("catalogue[0].kind", with_row(kind="herb")),
        ("catalogue[0].valid_to", with_row(valid_to="2023-12-31")),
        ("service", {**BILL, "service": "spa"}),
        ("discharged_on", {**BILL, "discharged_on": "2024-05-31"}),
        ("treatment_region", {**BILL, "treatment_region": "Tianjin"}),
        ("lines", {key: value for key, value in BILL.items() if key != "lines"}),
    ],
)
def test_what_is_not_a_bill_is_refused_by_the_name_of_the_field(
    field: str, bill: dict[str, Any]
) -> None:
    with pytest.raises(BadInput) as refused:
        ruling(bill)
    assert refused.value.field == field
    with pytest.raises(BadInput) as refused:
        ruling([BILL, bill])
    assert refused.value.field == f"[1].{field}"


@pytest.mark.parametrize("missing", ["injury_related", "amount_fen"])
def test_a_line_without_a_required_field_is_refused_by_its_name(missing: str) -> None:
    line = {key: value for key, value in LINE.items() if key != missing}
    with pytest.raises(BadInput) as refused:
        ruling({**BILL, "lines": [line]})
    assert refused.value.field == f"lines[0].{missing}"


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        adjudicate_json(b"{", rulebook())
    assert refused.value.code == "MALFORMED_JSON"


def test_a_bill_kept_as_json_is_ruled_the_same_again() -> None:
    given = json.dumps(with_row(quantity_max="1.5")).encode()
    kept = codec.encode(codec.decode(given, Bill))
    assert adjudicate_json(kept, rulebook()) == adjudicate_json(given, rulebook())


def test_a_bed_day_standard_may_change_within_the_stay() -> None:
    def fund(*changes: object) -> int:
        bill = with_line(quantity="3", price="70", amount_fen=21_000)
        bed = [{**ROW, "kind": "bed", "price_cap_fen": None}]
        standards = {"bed_day_fen": 6000, "changes": list(changes)}
        share: int = ruling({**bill, "catalogue": bed, "standards": standards})["fund_fen"]
        return share

    cheaper = {"since": "2024-06-03", "bed_day_fen": 5000}
    assert fund() == 6000 * 3
    assert fund(cheaper) == 6000 + 5000 * 2
    assert fund(cheaper, {"since": "2024-06-04", "bed_day_fen": None}) == 6000 + 5000 + 7000
