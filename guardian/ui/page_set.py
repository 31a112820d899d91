"""The pages of the window, each made once, with what they ask of each other connected."""

from guardian.protocol.i18n import _
from guardian.ui.now_page import NowPage
from guardian.ui.page import Page
from guardian.ui.pages import PAGES, AbsentPage
from guardian.ui.scheme import Scheme


def build_pages(scheme: Scheme) -> dict[str, Page]:
    """All pages by name, in the rail's order."""
    made: dict[str, Page] = {"now": NowPage(scheme)}
    try:
        from guardian.ui.victims_page import VictimsPage
    except ImportError:
        made["victims"] = AbsentPage(scheme, "history", _("Victims"))
    else:
        made["victims"] = VictimsPage(scheme)
    return {entry.name: made.get(entry.name) or AbsentPage(scheme, entry.name, _(entry.word)) for entry in PAGES}
