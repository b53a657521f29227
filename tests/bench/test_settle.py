"""The bench of settlement settles: each call another stay, and the floor writes the same bill."""

import zstandard

from bench.works.settle import bills


def test_each_call_settles_a_stay_and_the_floor_keeps_the_bytes() -> None:
    with bills(((20, 5),), 50, {20: 2}) as made:
        for lines, bill in made:
            bill.ours()
            bill.ours()
            bill.floor()
            db = bill.site.store.read()
            [row] = db.query("select count(*) as settled from settlements where effective = 1")
            assert (lines, row["settled"]) == (20, 2)
            with open(bill.file, "rb", closefd=False) as file:
                file.seek(0)
                kept = zstandard.ZstdDecompressor().decompressobj().decompress(file.read())
            assert kept == bill.request
