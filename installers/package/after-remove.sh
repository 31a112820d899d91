# Called by dpkg ("remove", "purge", "upgrade …") and by rpm (0 removed, 1 replaced).  What was asked to be kept goes with a purge only.
waits=/etc/systemd/system/multi-user.target.wants/oom-guardian-enforcer.path
case "${1-}" in
    remove | 0)
        reload
        ask_users daemon-reload
        on_trial || rm -rf /run/oom-guardian
        # rpm knows no purge: what was switched on by the installation goes with the package.
        [ "$1" != 0 ] || rm -f "$waits"
        ;;
    purge)
        rm -rf /etc/oom-guardian /run/oom-guardian /var/lib/oom-guardian /var/lib/private/oom-guardian "$lib"
        rm -f /etc/sysctl.d/60-oom-guardian.conf "$waits"
        for drop_in in /etc/systemd/system/*.d/50-oom-guardian.conf; do
            # One of that name that an admin wrote stays.
            grep -q '^# Written by OOM Guardian' "$drop_in" 2>/dev/null || continue
            rm -f "$drop_in"
            rmdir --ignore-fail-on-non-empty "${drop_in%/*}"
        done
        reload
        ;;
esac
exit 0
