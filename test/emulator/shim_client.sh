#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A client that knows nothing of the emulator, on each version of the queue
# manager. SHIM_CLIENT_JOBS makes it as long as one likes.
set -e
emulate=../../emulator/shim/wd-emulate
for qm in v2 v3 v5; do
	$emulate --device "null,qm=$qm" -- ./shim_client
done
# Depth 16: full rings, many laps.
$emulate --device null,depth=16 -- ./shim_client
