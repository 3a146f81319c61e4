/* SPDX-License-Identifier: Apache-2.0 */
/* What must not live on in a forked child. */
#ifndef EMULATOR_FORK_H
#define EMULATOR_FORK_H

/* From the first opened node on. */
void fork_watch(void);

#endif
