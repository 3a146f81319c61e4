/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket: one command line in, one answer line out. */
#ifndef EMULATOR_CONTROL_H
#define EMULATOR_CONTROL_H

/* 0 or a positive errno. */
int control_listen(void);
void control_exit(void);

#endif
