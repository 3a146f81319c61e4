#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Print the first C program of a Markdown file, as it stands there.
awk '/^```c$/ { inside = 1; next } /^```$/ && inside { exit } inside { print; n++ } END { exit !n }' "$1"
