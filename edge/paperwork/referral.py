"""The opinion of a treating facility that a worker be referred (川 第十一条, 吉规 第九条)."""

from edge.core.errors import BadInput, Words
from edge.core.paper import DocumentKind
from edge.core.paper.handed import Referral, Referred, referral_application, referral_opinion
from edge.packs.forms import referral_form
from edge.paperwork.order import REGIONS, Order, owner_of, place_of, printed, to_the_minute
from edge.site import Site
from edge.store.database import Rows
from edge.store.people import identity_of
from edge.store.stays import load_stay


def referral_order(site: Site, db: Rows, stay_id: str, said: Referral) -> Order:
    """Return the order of the opinion; said otherwise it is another document.

    Raises:
        NotFound: UNKNOWN_STAY.
        BadInput: FIELD_EMPTY, naming the field.
        BadRule: the region's documents.toml is wrong.
    """
    for name in ("condition", "opinion", "destination", "physician"):
        if not getattr(said, name).strip():
            raise _empty(name)
    stay = load_stay(db, stay_id)
    whom = Referred(
        person=identity_of(db, site.vault, stay.person_id),
        injury=stay.injury,
        insured_region=stay.insured_region,
        hospital_number=stay.hospital_number,
        diagnosis=stay.bedside.diagnosis,
        facility=site.settings.facility.name,
        at=to_the_minute(site.clock()),
    )
    form = referral_form(REGIONS, place_of(site, stay)).form
    lay = referral_application if form == "sichuan_annex_1" else referral_opinion
    paper = lay(said, whom)
    kind = DocumentKind.REFERRAL_OPINION
    return printed(kind, owner_of(stay.ref), stay_id, paper, says=paper)


def _empty(name: str) -> BadInput:
    return BadInput(
        "FIELD_EMPTY",
        Words(f"{name} 不能为空", f"{name} is empty"),
        Words("补填后重新提交", "fill it in and send again"),
        field=name,
    )
