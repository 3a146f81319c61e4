/* SPDX-License-Identifier: Apache-2.0 */
/* The queue socket: one connection is one open file description. */
#ifndef EMULATOR_CONNECTION_H
#define EMULATOR_CONNECTION_H

/* 0 or a positive errno. */
int connection_listen(void);
void connection_exit(void);

#endif
