"""What the group's bench publishes is what campuses publish; what it tells adds up."""

from pathlib import Path

from bench.group_campuses import MESSAGES_A_STAY, read, said, write
from bench.group_pipe import PARTS, Spent
from bench.works.group import busy, processor, whole
from edge.office.campus import Campus
from edge.office.intake import Arrival, Checked, checked
from sync.envelope import new_key

COUNT = 4 * MESSAGES_A_STAY


def test_every_envelope_passes_the_check_from_the_file_and_stays_have_several(
    tmp_path: Path,
) -> None:
    keys = {name: new_key() for name in ("B1", "B2")}
    campuses = {
        name: Campus(facility=name, name=name, keys={key.kid: key.public()})
        for name, key in keys.items()
    }
    file = tmp_path / "envelopes"
    write(file, said(keys, COUNT))
    with file.open("rb") as lying:
        lain = [*read(lying, COUNT - 2), *read(lying, 2)]
    passed = [
        checked(Arrival(subject=subject, body=body, place=place), campuses)
        for place, (subject, body) in enumerate(lain)
    ]
    envelopes = [one.envelope for one in passed if isinstance(one, Checked)]
    assert len({one.id for one in envelopes}) == COUNT
    stays = {(one.facility, one.order_key) for one in envelopes}
    assert len(stays) == COUNT // MESSAGES_A_STAY


def test_what_it_tells_is_of_all_slices() -> None:
    ours = [Spent(wall, dict.fromkeys(PARTS, 0.5), 3.0) for wall in (1.0, 3.0)]
    floor = [Spent(1.0, dict.fromkeys(PARTS, 0.25), 1.0)] * 2
    taken = list(zip(ours, floor, strict=True))
    told = whole(taken, "work", 1000)
    assert (told["ours_ms"], told["floor_ms"], told["ratio"]) == (4000, 2000, 2.0)
    assert (told["ratio_first_slice"], told["ratio_last_slice"]) == (1.0, 3.0)
    assert (told["ratio_median_slice"], told["envelopes_a_second"]) == (2.0, 250)
    spent = {str(line["work"]).partition(",")[0]: line for line in processor(taken, "work", 1000)}
    assert (spent["taker"]["ours_ms"], spent["all"]["ours_ms"]) == (1.0, 4.0)
    full = [line["ours_pct"] for line in busy(taken, "work", workers=2)]
    assert full[0] == 12.5  # two takers, one second of four between them
