"""The colours and measures of the window, light and dark, by role.

Every own-painted widget takes them from here; nothing else names a colour.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from PySide6.QtGui import QColor

from guardian.model.verdict import State
from guardian.protocol.i18n import N_

GAP_TINY, GAP_SMALL, GAP, GAP_WIDE, GAP_HUGE = 4, 8, 12, 16, 24
PAGE_MARGIN, CARD_GAP = 16, 12
RADIUS_CONTROL, RADIUS_CARD = 4, 6
EDGE, BOUND_LINE, CURVE_LINE, FOCUS_LINE, FOCUS_GAP = 1.0, 1.5, 2.0, 2.0, 2.0
ROW_HEIGHT, HEAD_HEIGHT, TALL_HEAD_HEIGHT, CONTROL_HEIGHT, RAIL_ITEM_HEIGHT, STATUS_HEIGHT = 24, 28, 40, 28, 36, 24
BAR_HEIGHT, SMALL_BAR_HEIGHT, METER_HEIGHT, TARGET = 24, 12, 4, 24
RAIL_WIDTH, NARROW_RAIL_WIDTH, NARROW_BELOW = 160, 48, 900
MINIMUM_WIDTH, MINIMUM_HEIGHT = 800, 560
ICON_SIZE, ICON_STROKE = 16, 1.5
FADED = 0.45


class Pattern(Enum):
    """How a layer is told apart without its colour."""

    PLAIN = "plain"
    RISING = "diagonal /"
    DOTS = "dots"
    UPRIGHT = "vertical lines"
    LEVEL = "horizontal lines"
    FALLING = "diagonal \\"


class StateColours(NamedTuple):
    """The colour of a state's shape and words, and the tint behind them."""

    colour: QColor
    tint: QColor


class Layer(NamedTuple):
    """One layer of the composition as it is drawn: its field in `Composition`, its word, fill, pattern and the pattern's line."""

    field: str
    word: str
    fill: QColor
    pattern: Pattern
    period: int
    line: QColor


class Tokens(NamedTuple):
    """All colours of one scheme by role.

    `states` has the state colours, `layers` the eight layers of `Composition`, bottom to top.
    """

    dark: bool
    window: QColor
    surface: QColor
    raised: QColor
    alt: QColor
    border: QColor
    grid: QColor
    control: QColor
    text: QColor
    text2: QColor
    text3: QColor
    accent: QColor
    on_accent: QColor
    select: QColor
    states: Mapping[State, StateColours]
    layers: tuple[Layer, ...]

    @property
    def critical(self) -> QColor:
        """A killer's limit, or what will be ended; nothing else is red."""
        return self.states[State.CRITICAL].colour

    @property
    def warning(self) -> QColor:
        """The words of a warning."""
        return self.states[State.WARNING].colour


# One row per layer: field, word, pattern, period in px, fill light and dark, line light and dark.
_LAYERS = (
    ("kernel", N_("Kernel"), Pattern.PLAIN, 0, "#4A5462", "#75828F", "#4A5462", "#75828F"),
    ("unowned", N_("Not owned"), Pattern.RISING, 6, "#DC9FC4", "#EDB5D4", "#9A4F7D", "#8F4873"),
    ("programs", N_("Programs"), Pattern.PLAIN, 0, "#3573C4", "#5A9AEC", "#3573C4", "#5A9AEC"),
    ("shared", N_("Shared, tmpfs"), Pattern.DOTS, 6, "#5CC2A4", "#86DDC2", "#1F6F5A", "#1F6F5A"),
    ("zram", N_("zram pool"), Pattern.UPRIGHT, 3, "#52297A", "#7E4BB0", "#A47FC6", "#C9A8E6"),
    ("unwritten", N_("Unwritten"), Pattern.LEVEL, 3, "#E3AE3C", "#EDC35D", "#8F6410", "#7F5A12"),
    ("clean", N_("Clean cache"), Pattern.FALLING, 8, "#93C6E8", "#3B6786", "#4C8DB8", "#6FA3C6"),
    ("free", N_("Free"), Pattern.PLAIN, 0, "#F3F5F7", "#30353A", "#F3F5F7", "#30353A"),
)

_STATES = {
    State.NO_DATA: ("#5F6873", "#EDEFF2", "#9CA5AF", "#2D3135"),
    State.CALM: ("#1C6B48", "#E7F3EC", "#74CFA2", "#1D3028"),
    State.WATCH: ("#735600", "#FBF3D3", "#E2BF4E", "#342D14"),
    State.WARNING: ("#9A4300", "#FDEADB", "#FF9F61", "#3B2818"),
    State.CRITICAL: ("#B0132A", "#FCE5E8", "#FF8189", "#401F24"),
}


def _states(dark: bool) -> Mapping[State, StateColours]:
    first = 2 if dark else 0
    return MappingProxyType({state: StateColours(QColor(row[first]), QColor(row[first + 1])) for state, row in _STATES.items()})


def _layers(dark: bool) -> tuple[Layer, ...]:
    return tuple(
        Layer(field, word, QColor(fills[dark]), pattern, period, QColor(lines[dark]))
        for field, word, pattern, period, *colours in _LAYERS
        for fills, lines in ((colours[:2], colours[2:]),)
    )


LIGHT = Tokens(
    dark=False,
    window=QColor("#F4F5F7"),
    surface=QColor("#FFFFFF"),
    raised=QColor("#FFFFFF"),
    alt=QColor("#EDEFF2"),
    border=QColor("#D6DAE0"),
    grid=QColor("#E4E7EB"),
    control=QColor("#818A95"),
    text=QColor("#1B1F24"),
    text2=QColor("#4A535E"),
    text3=QColor("#5F6873"),
    accent=QColor("#1B5FC1"),
    on_accent=QColor("#FFFFFF"),
    select=QColor("#DCE8FA"),
    states=_states(dark=False),
    layers=_layers(dark=False),
)
DARK = Tokens(
    dark=True,
    window=QColor("#1A1C1F"),
    surface=QColor("#232629"),
    raised=QColor("#2B2F33"),
    alt=QColor("#2D3135"),
    border=QColor("#3C4248"),
    grid=QColor("#32373C"),
    control=QColor("#868F9A"),
    text=QColor("#ECEEF0"),
    text2=QColor("#B9C0C8"),
    text3=QColor("#9CA5AF"),
    accent=QColor("#85B5FF"),
    on_accent=QColor("#0E1B2E"),
    select=QColor("#243A57"),
    states=_states(dark=True),
    layers=_layers(dark=True),
)


def with_high_contrast(tokens: Tokens) -> Tokens:
    """The same scheme for those who asked for more contrast: edges in `control`, patterns in `text`."""
    layers = tuple(layer if layer.pattern is Pattern.PLAIN else layer._replace(line=tokens.text) for layer in tokens.layers)
    return tokens._replace(border=tokens.control, grid=tokens.control, layers=layers)


def for_scheme(dark: bool, high_contrast: bool = False) -> Tokens:
    """The tokens of the light or the dark scheme."""
    tokens = DARK if dark else LIGHT
    return with_high_contrast(tokens) if high_contrast else tokens
