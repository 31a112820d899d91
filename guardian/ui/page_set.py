"""The pages of the window, each made when it is first wanted: nobody waits for what nobody looks at."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from guardian.ui.page import Page
from guardian.ui.pages import PAGES
from guardian.ui.scheme import Scheme
from guardian.ui.window_memory import WindowMemory

if TYPE_CHECKING:
    from guardian.ui.act_desk import ActDesk


class PageSet(Mapping[str, Page]):
    """All pages by name, in the rail's order.  `root` is where process files are read, `desk` where acts are ordered."""

    def __init__(self, scheme: Scheme, memory: WindowMemory, root: str = "/", desk: "ActDesk | None" = None) -> None:
        self._scheme, self._memory, self._root = scheme, memory, root
        self._made: dict[str, Page] = {}
        self._names = tuple(entry.name for entry in PAGES)
        self._makers: dict[str, Callable[[], Page]] = {
            "now": self._now,
            "victims": self._victims,
            "protection": self._protection,
            "history": self._history,
            "system": self._system,
            "fleet": self._fleet,
            "settings": self._settings,
        }
        if desk is not None:
            self.desk = desk

    def __getitem__(self, name: str) -> Page:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @cached_property
    def desk(self) -> "ActDesk":
        """Where acts of all pages are ordered."""
        from guardian.ui.act_desk import ActDesk

        return ActDesk(self._scheme, self._root)

    @property
    def made_desk(self) -> "ActDesk | None":
        """The desk, None where no page has needed it yet."""
        return self.__dict__.get("desk")

    # What a page needs is loaded with it.

    def _now(self) -> Page:
        from guardian.ui.now_page import NowPage

        return NowPage(self._scheme)

    def _victims(self) -> Page:
        from guardian.ui.victims_page import VictimsPage

        return VictimsPage(self._scheme, self._memory, self.desk, root=self._root)

    def _protection(self) -> Page:
        from guardian.ui.protection_page import ProtectionPage

        return ProtectionPage(self._scheme, self.desk)

    def _history(self) -> Page:
        from guardian.ui.history_page import HistoryPage

        return HistoryPage(self._scheme)

    def _system(self) -> Page:
        from guardian.ui.system_page import SystemPage

        return SystemPage(self._scheme, self.desk, self._root)

    def _fleet(self) -> Page:
        from guardian.ui.fleet_page import FleetPage

        return FleetPage(self._scheme)

    def _settings(self) -> Page:
        from guardian.ui.settings_page import SettingsPage

        return SettingsPage(self._scheme)


def build_pages(scheme: Scheme, memory: WindowMemory, root: str = "/", desk: "ActDesk | None" = None) -> PageSet:
    """The set of pages of one window."""
    return PageSet(scheme, memory, root, desk)
