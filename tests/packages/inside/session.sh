# Anna's session: a screen, a window manager, somebody who shows notifications.
Xvfb :7 -screen 0 1280x800x24 -nolisten tcp >/out/xvfb.log 2>&1 &
for _ in $(seq 100); do [ -S /tmp/.X11-unix/X7 ] && break; sleep 0.1; done
export DISPLAY=:7
systemctl --user import-environment DISPLAY
openbox >/out/openbox.log 2>&1 &
dunst >/out/dunst.log 2>&1 &
wait
