"""The documents of a manual reimbursement: the package as a PDF, and all of it as one ZIP."""

from edge.core.cases import CaseKind, CaseRef
from edge.core.errors import NotFound, Words
from edge.core.fallback import ManualPackage
from edge.core.paper import DocumentKind
from edge.core.paper.handed import manual_paper
from edge.documents import bundle, pressed
from edge.paperwork.order import ZIP, Order, owner_of, printed
from edge.sheets.written import workbook
from edge.site import Site
from edge.store.database import Rows
from edge.store.manual_packages import package_of
from edge.workbooks.bill import bill_sheets


def manual_order(site: Site, db: Rows, ref: CaseRef) -> Order:
    """Return the order of the package: reason, checklist, verdict, bill.

    Raises:
        NotFound: NO_MANUAL_PACKAGE, when the case is not in manual.
    """
    paper = manual_paper(_package(site, db, ref), facility=site.settings.facility.name)
    return printed(DocumentKind.MANUAL_PACKAGE, owner_of(ref), ref.id, paper)


def bundle_order(site: Site, db: Rows, ref: CaseRef) -> Order:
    """Return the order of the ZIP: the package, the bill as a workbook, the checklist as text.

    Raises:
        NotFound: NO_MANUAL_PACKAGE, when the case is not in manual.
    """
    package = _package(site, db, ref)
    paper = manual_paper(package, facility=site.settings.facility.name)

    def make() -> bytes:
        return bundle(
            {
                "manual.pdf": pressed(paper),
                "bill.xlsx": workbook(*bill_sheets(package.bill, package.ruling)),
                "checklist.txt": _checklist(package),
            }
        )

    return Order(
        kind=DocumentKind.MANUAL_BUNDLE,
        owner=owner_of(ref),
        subject=ref.id,
        edition="",
        title=f"{paper.title}（全部文件）",
        media=ZIP,
        dated=paper.dated,
        make=make,
    )


def _package(site: Site, db: Rows, ref: CaseRef) -> ManualPackage:
    package = package_of(db, site.vault, ref)
    if package is None:
        what = "住院记录" if ref.kind is CaseKind.STAY else "配置记录"
        raise NotFound(
            "NO_MANUAL_PACKAGE",
            Words(f"该{what}没有转手工报销", f"the {ref.kind} was not handed to manual"),
            Words("先办理转手工报销", "hand it to manual first"),
            field=ref.kind,
        )
    return package


def _checklist(package: ManualPackage) -> bytes:
    lines = (
        f"[ ] {paper.zh}{'（原件）' if paper.original else ''}  {paper.article}"
        for paper in package.papers
    )
    return "\r\n".join(("手工报销材料清单", *lines, "")).encode("utf-8-sig")
