"""Every setting of the program, declared once: the page, `guardian config` and the file are made from this.

A setting is named "group.name", as in the TOML file.
"""

from typing import NamedTuple

from guardian.model.outlook import DEFAULT_LIMITS
from guardian.policy.setting_values import Kind, Value
from guardian.protocol.i18n import N_


class Setting(NamedTuple):
    """One setting.

    `title` and `help` are marked texts; whoever shows them translates.  `least` and `most` bound numbers, in the unit that `kind`
    says; `choices` are (value, marked text) of a choice; `expert` settings are shown on demand.
    """

    key: str
    kind: Kind
    default: Value
    title: str
    help: str
    least: float | None = None
    most: float | None = None
    choices: tuple[tuple[str, str], ...] = ()
    expert: bool = False

    @property
    def group(self) -> str:
        """The part before the dot: the table of the file, the section of the page."""
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        """The part after the dot."""
        return self.key.partition(".")[2]


GROUPS: tuple[tuple[str, str], ...] = (
    ("notifications", N_("Notifications")),
    ("relief", N_("Ways out")),
    ("desktop", N_("Desktop")),
    ("history", N_("History")),
    ("fleet", N_("Fleet")),
    ("thresholds", N_("When to warn")),
)


def _switch(key: str, title: str, text: str, *, on: bool = True) -> Setting:
    """A setting that is on or off."""
    return Setting(key, "switch", on, title, text)


def _limit(name: str, kind: Kind, title: str, text: str, least: float, most: float, *, expert: bool = True) -> Setting:
    """A setting of one threshold of the outlook, whose default is the model's own."""
    return Setting(f"thresholds.{name}", kind, getattr(DEFAULT_LIMITS, name), title, text, least, most, expert=expert)


_NOTIFICATIONS = (
    _switch("notifications.enabled", N_("Show notifications"), N_("Warn on the desktop before memory runs out.")),
    Setting(
        "notifications.level",
        "choice",
        "warning",
        N_("From which level"),
        N_("Watch never notifies; critical also passes do-not-disturb."),
        choices=(("warning", N_("Warning")), ("critical", N_("Critical"))),
    ),
    _switch(
        "notifications.kills",
        N_("Tell of ended programs"),
        N_("Who was ended, by whom and why. It stays until you close it."),
    ),
    _switch("notifications.over", N_("Tell when the danger is over"), N_("Once, where something is still frozen.")),
    _switch(
        "notifications.respect_do_not_disturb",
        N_("Respect do-not-disturb"),
        N_("While the desktop shows no notifications, only critical ones are sent."),
    ),
    Setting(
        "notifications.quiet",
        "seconds",
        900,
        N_("Length of Quiet"),
        N_("For how long the button Quiet holds back warnings. Critical still speaks."),
        60,
        86400,
    ),
    Setting(
        "notifications.update",
        "seconds",
        10,
        N_("Update at most every"),
        N_("How often the figures may change."),
        10,
        120,
        expert=True,
    ),
)

_RELIEF = (
    _switch(
        "relief.freeze_when_critical",
        N_("When critical, freeze the fastest grower of mine"),
        N_("One program at a time; it goes on when there is room again. Nothing is lost, but it stands still meanwhile."),
        on=False,
    ),
    Setting(
        "relief.never_freeze",
        "names",
        (),
        N_("Never freeze these by itself"),
        N_("Names of programs, such as firefox. Desktop, terminal, sound and OOM Guardian itself are never frozen."),
    ),
    _switch(
        "relief.thaw_by_itself",
        N_("Let frozen programs go on when there is room"),
        N_("Else they stay frozen until you say Continue."),
    ),
    Setting(
        "relief.thaw_room",
        "room",
        0.25,
        N_("Room to go on"),
        N_("A frozen program goes on when so much room has been there for a while. A share of memory and swap, or bytes."),
        0.05,
        1.0,
    ),
    Setting(
        "relief.thaw_after",
        "seconds",
        20,
        N_("Room must last"),
        N_("For so long before a frozen program goes on."),
        1,
        3600,
        expert=True,
    ),
    Setting(
        "relief.end_grace",
        "seconds",
        10,
        N_("Time to end"),
        N_("How long a program may take to save and end; then Force end… is offered."),
        1,
        600,
        expert=True,
    ),
)

_DESKTOP = (
    _switch("desktop.start_at_login", N_("Start at login"), N_("The part in the background watches from the start."), on=False),
    Setting(
        "desktop.language",
        "choice",
        "",
        N_("Language"),
        N_("Of the window, notifications and command line."),
        choices=(("", N_("As the desktop")), ("en", "English"), ("zh_CN", "简体中文")),
    ),
    Setting(
        "desktop.appearance",
        "choice",
        "",
        N_("Appearance"),
        N_("Light or dark."),
        choices=(("", N_("As the desktop")), ("light", N_("Light")), ("dark", N_("Dark"))),
    ),
    _switch(
        "desktop.introduction", N_("Show the first steps"), N_("Three short cards when the window opens, until you leave them.")
    ),
)

_HISTORY = (
    Setting(
        "history.days", "count", 365, N_("Keep history for days"), N_("Older events are removed, kills among them."), 1, 3650
    ),
    Setting(
        "history.size",
        "bytes",
        16 << 20,
        N_("Size of history"),
        N_("Beyond it the oldest goes: snapshots first, then sizes of programs, then events."),
        1 << 20,
        4 << 30,
    ),
)

_FLEET = (
    Setting(
        "fleet.server",
        "text",
        "",
        N_("Prometheus server"),
        N_("Address of the server that page Fleet asks, such as https://prometheus.lab.example:9090."),
    ),
    Setting(
        "fleet.login",
        "choice",
        "none",
        N_("Log in with"),
        N_("The password or token itself lies in the keyring: guardian fleet --login"),
        choices=(("none", N_("Nothing")), ("basic", N_("Name and password")), ("bearer", N_("Token"))),
    ),
    Setting("fleet.user", "text", "", N_("Name to log in with"), N_("Only for a login by name and password.")),
    Setting(
        "fleet.ca_file",
        "text",
        "",
        N_("Own certificate authority"),
        N_("A PEM file that is believed beside the system's own, for a server with a certificate of your own."),
        expert=True,
    ),
    Setting("fleet.refresh", "seconds", 15, N_("Ask again every"), N_("While page Fleet is in sight."), 5, 3600, expert=True),
)

THRESHOLDS = (
    _limit(
        "low_room",
        "room",
        N_("Little room, without swap"),
        N_("Below it a fall warns earlier. A share, or bytes."),
        0.02,
        0.5,
        expert=False,
    ),
    _limit(
        "low_room_with_swap",
        "room",
        N_("Little room, with swap"),
        N_("Below it a fall warns earlier. A share, or bytes."),
        0.01,
        0.5,
        expert=False,
    ),
    _limit(
        "critical_room",
        "room",
        N_("Critically little room"),
        N_("Below it the state is critical whatever the trend."),
        0.005,
        0.2,
        expert=False,
    ),
    _limit("watch_room", "room", N_("Room worth watching"), N_("Below it the state is at least watch."), 0.02, 0.5, expert=False),
    _limit(
        "thrashing",
        "share",
        N_("Standstill"),
        N_("Share of time in which all programs waited for memory."),
        0.02,
        0.9,
        expert=False,
    ),
    _limit("farthest", "seconds", N_("Warn at most ahead"), N_("No warning for what is farther away."), 30, 7200, expert=False),
    _limit("watch_farthest", "seconds", N_("Watch at most ahead"), N_("No watch for what is farther away."), 60, 86400),
    _limit(
        "belief", "number", N_("Belief in a fall"), N_("Seconds left for each second of falling that make a warning."), 0.1, 5
    ),
    _limit("belief_with_swap", "number", N_("Belief in a fall, with swap"), N_("The same while swap is set up."), 0.02, 5),
    _limit(
        "belief_critical",
        "number",
        N_("Belief for critical"),
        N_("Seconds left for each second of falling that are critical."),
        0.01,
        1,
    ),
    _limit("low_room_belief", "number", N_("Belief with little room"), N_("The same where little room is left."), 0.1, 10),
    _limit(
        "watch_belief",
        "number",
        N_("Belief for watch"),
        N_("Seconds left for each second of falling that are worth watching."),
        0.5,
        20,
    ),
    _limit(
        "below_proven",
        "share",
        N_("Below what came back before"),
        N_("So much below a depth that was harmless, a fall counts again."),
        0,
        0.2,
    ),
    _limit("youngest", "seconds", N_("Youngest fall"), N_("A fall shorter than this says nothing yet."), 0.1, 60),
)

SETTINGS: tuple[Setting, ...] = (*_NOTIFICATIONS, *_RELIEF, *_DESKTOP, *_HISTORY, *_FLEET, *THRESHOLDS)
