/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket of the emulated device these tests run on. */
#ifndef TEST_COMP_CONTROL_H
#define TEST_COMP_CONTROL_H

#include <stddef.h>

/*
 * Send one command line and wait for its answer; a test fails unless it begins with
 * "ok". What follows is copied to @answer, which may be NULL.
 */
void control(char *answer, size_t nbytes, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Name of the first device. */
const char *control_device(void);

#endif
