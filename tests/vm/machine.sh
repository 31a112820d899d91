#!/bin/bash
# Boots a Debian with real systemd in an emulator and runs inside.py there:  machine.sh FOLDER   (root; about three minutes)
#
# FOLDER keeps the unpacked system and the kernel for the next time.  Needs: mmdebstrap cpio zstd qemu-system-x86
set -eu
here=$(cd "$(dirname "$0")" && pwd)
checkout=${here%/tests/vm}
folder=$(realpath -m "$1")
mkdir -p "$folder"
cd "$folder"
for tool in mmdebstrap cpio zstd qemu-system-x86_64; do
    command -v $tool >/dev/null || { echo "machine.sh: $tool is missing: apt-get install mmdebstrap cpio zstd qemu-system-x86" >&2; exit 3; }
done
[ -d root/usr ] || mmdebstrap --variant=minbase \
    --include=systemd,systemd-sysv,dbus,polkitd,python3,procps,libpam-systemd,dbus-user-session bookworm root >&2
if [ ! -d kernel/boot ]; then
    name=$(apt-cache search --names-only '^linux-image-6\.1\.0-[0-9]+-cloud-amd64$' | sort -V | tail -n 1 | cut -d' ' -f1)
    ls linux-image-*.deb >/dev/null 2>&1 || apt-get download "$name" >&2
    dpkg-deb -x linux-image-*.deb kernel
fi
DESTDIR=$folder/root "$checkout/installers/install-helper.sh" >&2
cp "$here/inside.py" root/inside.py
cat >root/etc/systemd/system/inside.service <<'UNIT'
[Unit]
After=multi-user.target dbus.service oom-guardian-enforcer.path
[Service]
Type=oneshot
ExecStart=/usr/bin/python3 /inside.py
ExecStopPost=/usr/bin/systemctl --force poweroff
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
UNIT
mkdir -p root/etc/systemd/system/multi-user.target.wants
ln -sf /etc/systemd/system/inside.service root/etc/systemd/system/multi-user.target.wants/inside.service
ln -sf /usr/lib/systemd/system/oom-guardian-enforcer.path root/etc/systemd/system/multi-user.target.wants/oom-guardian-enforcer.path
(cd root && find . -xdev | cpio -o -H newc --quiet | zstd -1 -q) >init.cpio.zst
exec timeout 900 qemu-system-x86_64 -accel tcg -cpu max -m 1500 -smp 1 -nographic -nic none -no-reboot \
    -kernel kernel/boot/vmlinuz-* -initrd init.cpio.zst \
    -append "console=ttyS0 rdinit=/lib/systemd/systemd panic=-1 mitigations=off quiet"
