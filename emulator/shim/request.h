/* SPDX-License-Identifier: Apache-2.0 */
/* One question to the daemon and its answer. */
#ifndef EMULATOR_REQUEST_H
#define EMULATOR_REQUEST_H

#include <stdbool.h>

#include "../protocol.h"

/*
 * Send @request over the open node @fd and wait for the answer. 0, or a
 * positive errno when there was none; the error the device answers with is in
 * @reply. @token, if not NULL, receives our end of the answer's socket and @memory
 * the descriptor that came with the answer or -1. ENXIO: the daemon is gone.
 */
int request_ask(int fd, struct emu_request *request, struct emu_reply *reply, int *token,
		int *memory);
/* OPEN on a fresh connection; 0 or a positive errno, the device's included. */
int request_open(int fd, const char *name);
/* What the kernel's poll would say now; 0 also when there is no device any more. */
unsigned int request_poll(int fd);
/* Take the interrupts that have come; false: the connection is no more. */
bool request_drain(int fd);
/* In a new process: close what other threads of the parent were waiting on. */
void request_after_fork(void);

#endif
