#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The client, as it was linked here, runs with UADK's libraries on the emulated device, too: neither it
# nor the device knows which library is between them. Skipped where there is no UADK. WD_PEER_LIBDIR
# names the folder of its libraries if the system does not know them.
set -eu

is_uadk() {
	[ -e "$1/libwd_comp.so.2" ] && nm -D --defined-only "$1/libwd.so.2" 2>/dev/null |
		grep -q '@@UADK_1\.0$'
}

# Its folder also where only the loader knows it.
dir=${WD_PEER_LIBDIR:-$(ldconfig -p 2>/dev/null | sed -n 's|.*=> \(/.*\)/libwd_comp\.so\.2$|\1|p' | head -n 1)}
if [ -z "$dir" ] || ! is_uadk "$dir"; then
	echo "no UADK installed"
	exit 77
fi
unset WD_DRIVER_DIR
LD_LIBRARY_PATH=$dir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} exec compat_client/client
