"""The columns of a catalogue file."""

from edge.catalogues import cells
from edge.sheets import Column
from edge.sheets import cells as shared

COLUMNS = (
    Column("code", "编码", shared.code, needed=True),
    Column("name", "名称", shared.name, needed=True),
    Column("kind", "类别", cells.kind, needed=True),
    Column("in_scope", "是否支付", shared.yes_or_no, needed=True),
    Column("price_cap", "限价（元）", cells.money),
    Column("quantity_per_day_max", "每日限量", cells.quantity),
    Column("quantity_max", "每次住院限量", cells.quantity),
    Column("co_payment_share", "个人自付比例", cells.share),
    Column("service_years", "最低使用年限", cells.service_years),
    Column("restrictions", "限定支付范围", cells.restrictions),
    Column("valid_from", "有效期起", shared.first_day, needed=True),
    Column("valid_to", "有效期止", shared.day),
)
"""In the order of the template; a file may have them in any other."""
