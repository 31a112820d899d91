#!/bin/bash
# Boots a Debian with real systemd on one kernel in an emulator and runs inside.py there:  machine.sh FOLDER SUITE   (root; some minutes)
#
# SUITE is the Debian release whose kernel is taken: bullseye (5.10), bookworm (6.1), trixie (6.12), sid (the newest); all else is
# bookworm's.  FOLDER keeps what was unpacked for the next time.  Needs: mmdebstrap cpio zstd qemu-system-x86
set -eu
here=$(cd "$(dirname "$0")" && pwd)
checkout=${here%/tests/kernels}
folder=$(realpath -m "$1")
suite=${2:-bookworm}
say() { printf '%s\n' "machine.sh: $*" >&2; }
for tool in mmdebstrap cpio zstd qemu-system-x86_64; do
    command -v $tool >/dev/null || { say "$tool is missing: apt-get install mmdebstrap cpio zstd qemu-system-x86"; exit 3; }
done
mkdir -p "$folder"
cd "$folder"

fetch_kernel() {
    # An apt of its own that knows one suite alone: the system's is left as it is.
    local mirror top=$folder/apt-$suite name
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' |
        awk '$2 == "Debian" && $1 !~ /security/ { print $1; exit }')
    [ -n "$mirror" ] || { say "apt knows no Debian mirror; run apt-get update"; exit 3; }
    mkdir -p "$top/lists/partial" "$top/archives/partial"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$top/sources.list"
    cat >"$top/apt.conf" <<CONF
Dir::Etc::sourcelist "$top/sources.list"; Dir::Etc::sourceparts "/dev/null"; Dir::State::lists "$top/lists";
Dir::Cache "$top"; Dir::State::status "/dev/null"; APT::Sandbox::User "root"; Acquire::Languages "none";
CONF
    apt-get -q -c "$top/apt.conf" update >&2
    name=$(apt-cache -c "$top/apt.conf" depends linux-image-cloud-amd64 | awk '/Depends: linux-image-[0-9]/ { print $2; exit }')
    mkdir -p "kernel-$suite.new"
    # From some release on the image itself lies in a package of its own.
    # shellcheck disable=SC2046  # a list of package names
    (cd "kernel-$suite.new" && apt-get -q -c "$top/apt.conf" download "$name" \
        $(apt-cache -c "$top/apt.conf" depends "$name" | awk '/Depends: linux-(binary|base-[0-9])/ { print $2 }') >&2 &&
        for package in *.deb; do dpkg-deb -x "$package" .; done && rm -f ./*.deb)
    mv "kernel-$suite.new" "kernel-$suite"
}

[ -d "kernel-$suite" ] || fetch_kernel
image=$(find "$folder/kernel-$suite" -name 'vmlinuz*' -type f | head -n 1)
[ -d root/usr ] || {
    rm -rf root.new
    mmdebstrap --variant=minbase \
        --include=systemd,systemd-sysv,dbus,polkitd,python3,procps,libpam-systemd,dbus-user-session bookworm root.new >&2
    rm -rf root.new/usr/share/{doc,locale,man} root.new/var/cache/apt root.new/var/lib/apt/lists
    mv root.new root
}

# The shipped code: the helper as it is installed, and the whole library with its pure dependencies.
DESTDIR=$folder/root "$checkout/installers/install-helper.sh" >&2
packages=$("$checkout/.venv/bin/python" -P -c 'import os, rich; print(os.path.dirname(os.path.dirname(rich.__file__)))')
rm -rf root/opt/oom-guardian && mkdir -p root/opt/oom-guardian
for name in jeepney markdown_it mdurl platformdirs psutil pygments rich tomli_w; do cp -r "$packages/$name" root/opt/oom-guardian/; done
cp -r "$checkout/guardian" root/opt/oom-guardian/
find root/opt/oom-guardian -name __pycache__ -prune -exec rm -rf {} +
cp "$here"/inside.py "$here"/inside_product.py "$here"/inside_relief.py "$here"/inside_settings.py root/
# Swap on zram, for what is moved there; plain files, as the machine has no program that unpacks them.
rm -rf root/opt/modules && mkdir root/opt/modules
find "kernel-$suite" \( -name 'zram.ko*' -o -name 'zsmalloc.ko*' -o -name 'lz*.ko*' -o -name 'zstd*.ko*' -o -name '842*.ko*' \) \
    -exec cp {} root/opt/modules/ \;
find root/opt/modules -name '*.xz' -exec xz -d {} +
find root/opt/modules -name '*.zst' -exec zstd -q --rm -d {} +
cat >root/etc/systemd/system/inside.service <<'UNIT'
[Unit]
After=multi-user.target dbus.service oom-guardian-enforcer.path
[Service]
Type=oneshot
OOMScoreAdjust=-1000
# The hogs are in its own cgroup.
OOMPolicy=continue
ExecStart=/usr/bin/python3 /inside.py
ExecStopPost=/usr/bin/systemctl --force poweroff
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
UNIT
mkdir -p root/etc/systemd/system/multi-user.target.wants
ln -sf /etc/systemd/system/inside.service root/etc/systemd/system/multi-user.target.wants/inside.service
ln -sf /usr/lib/systemd/system/oom-guardian-enforcer.path root/etc/systemd/system/multi-user.target.wants/oom-guardian-enforcer.path
(cd root && find . -xdev | cpio -o -H newc --quiet | zstd -1 -q -f -o "$folder/init-$suite.cpio.zst")
exec timeout 1200 qemu-system-x86_64 -accel tcg -cpu max -m 1500 -smp 1 -nographic -nic none -no-reboot \
    -kernel "$image" -initrd "$folder/init-$suite.cpio.zst" \
    -append "console=ttyS0 rdinit=/lib/systemd/systemd panic=-1 mitigations=off quiet"
