/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of the control socket. */
#ifndef EMULATOR_COMMAND_H
#define EMULATOR_COMMAND_H

#define COMMAND_WAIT ((char *)1)

/*
 * Run one command line (it is cut up in place). Returns the answer line, with
 * its newline, to be freed; NULL on out of memory; or COMMAND_WAIT: @done will
 * be called with @arg when the command, a reset, has ended.
 */
char *command_run(char *line, void (*done)(void *arg), void *arg);
/* "ok", or "error NAME text" for a positive errno. */
char *command_answer(int error);

#endif
