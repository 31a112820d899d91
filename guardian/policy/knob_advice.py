"""What each switch should be on this machine, and why.  Pure; advice is computed from the machine's own numbers."""

from guardian.policy import advice_promises, advice_reclaim
from guardian.policy.advice import Advice, Kind
from guardian.policy.knob_words import value_of
from guardian.policy.knobs import Knob
from guardian.policy.machine_profile import MachineProfile
from guardian.protocol.i18n import _

_RULES = advice_promises.RULES | advice_reclaim.RULES


def advise(knob: Knob, profile: MachineProfile) -> Advice:
    """The advice on one switch."""
    value = value_of(knob, profile)
    if knob.key == "oom_adj":
        return Advice(Kind.NOTHING, _("Use oom_score_adj"), _("Every kernel since 2.6.36 has oom_score_adj, which is finer."))
    if value is None:
        return Advice(Kind.NOTHING, _("Nothing to set"), _absent(knob))
    if profile.container:
        reason = _("A container has no kernel of its own: this one belongs to the host, and so does the setting.")
        return Advice(Kind.HOST, _("The host decides"), reason)
    return _RULES[knob.key](value, profile)


def _absent(knob: Knob) -> str:
    if knob.key == "vm.oom-kill":
        return _("Only RHEL 4 had it; on this kernel there is no off switch.")
    return _("This kernel has no such switch.")
