#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The driver of writing-a-driver.md, built from that text, serves an emulated device.
set -eu
: "${WD_EMULATE:?}" "${WD_EMULATORD:?}"
# Nobody else's driver or device.
WD_DRIVER_DIR=$PWD/.libs
export WD_DRIVER_DIR
unset WD_EMULATOR_DIR WD_COMP_CTX_NUM
"$WD_EMULATE" --daemon="$WD_EMULATORD" --device null,driver=hisi_null,depth=64 -- ./null_client
echo "jobs through the example"
