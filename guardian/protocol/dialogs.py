"""What a password dialog says where the action's own message does not fit the act.

polkit translates it by this project's catalogue and puts the details in.  Source: polkit(8), "polkit.message" and
"polkit.gettext_domain", as systemd uses them.
"""

from guardian.protocol.marked import N_

DOMAIN = "oom-guardian"

REMOVE_RULE = N_("Authentication is needed to remove a lasting rule: $(kind) $(target), user $(user), adjustment $(value)")
INSIST_RULE = N_(
    "Authentication is needed for a lasting rule that sets its value each time: $(kind) $(target), user $(user), "
    "adjustment $(value)"
)
REMOVE_UNIT_PLAN = N_("Authentication is needed to remove the plan of $(unit)")
TRY_SETTING = N_("Authentication is needed to try $(setting) at $(value) for $(trial) s")
PERSIST_SETTING = N_("Authentication is needed to set $(setting) to $(value), also after every restart")
KEEP_SETTING = N_("Authentication is needed to keep $(setting) at $(value)")
KEEP_PERSISTENT_SETTING = N_("Authentication is needed to keep $(setting) at $(value), also after every restart")
FORGET_SETTING = N_("Authentication is needed to set $(setting) back to $(value) and to keep it no longer")
