# Called by dpkg ("configure VERSION-BEFORE", "abort-…") and by rpm (1 installed, 2 upgraded).
case "${1-}" in
    configure | abort-* | 1 | 2)
        # Root compiles once, for all users: an agent that had to would stay larger for it.
        forget_compiled
        # Several at a time, or one by one where there is no /dev/shm to share.
        for jobs in 0 1; do
            if /usr/bin/python3 -I -m compileall -q -j "$jobs" "$lib" >/dev/null 2>&1; then break; fi
        done
        case "${1}${2-}" in
            # The first time; what an admin switches off later stays off.
            configure | 1) ! command -v systemctl >/dev/null || systemctl enable --quiet oom-guardian-enforcer.path || true ;;
        esac
        reload
        renew_helper
        if has_systemd; then systemctl start oom-guardian-enforcer.path || true; fi
        if has_systemd; then systemctl try-restart oom-guardian-system-agent.service || true; fi
        ask_users daemon-reload
        ask_users try-restart oom-guardian-agent.service
        ;;
esac
exit 0
