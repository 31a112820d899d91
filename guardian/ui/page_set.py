"""The pages of the window, each made once."""

from guardian.protocol.i18n import _
from guardian.ui.act_desk import ActDesk
from guardian.ui.history_page import HistoryPage
from guardian.ui.now_page import NowPage
from guardian.ui.page import Page
from guardian.ui.pages import PAGES, AbsentPage
from guardian.ui.protection_page import ProtectionPage
from guardian.ui.scheme import Scheme
from guardian.ui.settings_page import SettingsPage
from guardian.ui.victims_page import VictimsPage
from guardian.ui.window_memory import WindowMemory


def build_pages(scheme: Scheme, memory: WindowMemory, root: str = "/", desk: ActDesk | None = None) -> dict[str, Page]:
    """All pages by name, in the rail's order; `root` is where process files are read, `desk` where acts are ordered."""
    desk = desk or ActDesk(scheme, root)
    made: dict[str, Page] = {
        "now": NowPage(scheme),
        "victims": VictimsPage(scheme, memory, desk, root=root),
        "protection": ProtectionPage(scheme, desk),
        "history": HistoryPage(scheme),
        "settings": SettingsPage(scheme),
    }
    return {entry.name: made.get(entry.name) or AbsentPage(scheme, entry.name, _(entry.word)) for entry in PAGES}
