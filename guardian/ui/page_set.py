"""The pages of the window, each made once."""

from guardian.protocol.i18n import _
from guardian.ui.now_page import NowPage
from guardian.ui.page import Page
from guardian.ui.pages import PAGES, AbsentPage
from guardian.ui.scheme import Scheme
from guardian.ui.victims_page import VictimsPage
from guardian.ui.window_memory import WindowMemory


def build_pages(scheme: Scheme, memory: WindowMemory, root: str = "/") -> dict[str, Page]:
    """All pages by name, in the rail's order; `root` is where process files are read."""
    made: dict[str, Page] = {"now": NowPage(scheme), "victims": VictimsPage(scheme, memory, root=root)}
    return {entry.name: made.get(entry.name) or AbsentPage(scheme, entry.name, _(entry.word)) for entry in PAGES}
