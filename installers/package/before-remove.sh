# Called by dpkg ("remove", "upgrade VERSION", "deconfigure …") and by rpm (0 to be removed, 1 replaced: that one is installed by now).
case "${1-}" in
    remove | deconfigure | 0)
        if [ "$1" = 0 ]; then stop_helper disable --now; else stop_helper stop; fi
        if has_systemd; then systemctl disable --now --quiet oom-guardian-system-agent.service || true; fi
        ask_users stop oom-guardian-agent.service
        ask_users disable oom-guardian-agent.service
        end_programs
        forget_compiled
        ;;
    upgrade) forget_compiled ;;
esac
exit 0
