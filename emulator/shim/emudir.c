// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the knowledge where the daemon is: its directory from the environment,
 * connections to its sockets, and the one control command the library needs.
 */
#include "shim.h"

#include "emudir.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../protocol.h"
#include "deadline.h"

#define STRATEGY_MAX 64
#define ANSWER_TIMEOUT_MS 30000

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char dir[PATH_MAX];
static size_t dir_length;

static void find_dir(void)
{
	const char *name = secure_getenv(EMU_DIR_ENV);

	if (!name || !*name || !REAL(realpath)(name, dir))
		dir[0] = '\0';
	dir_length = strlen(dir);
}

const char *emudir(void)
{
	int saved_errno = errno;

	/* A sanitizer's runtime calls us before the C library knows its environment. */
	if (!environ)
		return NULL;
	pthread_once(&once, find_dir);
	errno = saved_errno;
	return dir[0] ? dir : NULL;
}

size_t emudir_length(void)
{
	return emudir() ? dir_length : 0;
}

const char *emudir_virtual(const char *path)
{
	if (!emudir() || strncmp(path, dir, dir_length))
		return NULL;
	path += dir_length;
	if (strncmp(path, "/sys", 4) && strncmp(path, "/dev", 4))
		return NULL;
	return path[4] == '/' || !path[4] ? path : NULL;
}

/* A path too long for a socket's address is gone about by way of its directory. */
static int connect_to(int fd, const char *name)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int at = -1, result;

	result = snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s", dir, name);
	if (result >= (int)sizeof(addr.sun_path)) {
		at = REAL(open)(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (at < 0)
			return -errno;
		snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/%s", at, name);
	}
	do {
		result = connect(fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
	} while (result == -EINTR);
	if (at >= 0)
		REAL(close)(at);
	return result;
}

int emudir_connect(int type, const char *name, const void *local, unsigned int local_nbytes)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return -errno;
	error = local && bind(fd, local, local_nbytes) ? -errno : 0;
	if (!error)
		error = connect_to(fd, name);
	if (!error)
		return fd;
	REAL(close)(fd);
	return error;
}

/* Read up to the newline; 0 or a positive errno. */
static int read_answer(int fd, char *answer, size_t nbytes)
{
	struct deadline deadline = deadline_in_ms(ANSWER_TIMEOUT_MS);
	size_t used = 0;
	ssize_t got;

	for (;;) {
		if (!deadline_poll(&deadline, fd, POLLIN))
			return ETIMEDOUT;
		got = recv(fd, answer + used, nbytes - 1 - used, MSG_DONTWAIT);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return ENODEV;
		used += (size_t)got;
		answer[used] = '\0';
		if (strchr(answer, '\n'))
			return 0;
		if (used == nbytes - 1)
			return EPROTO;
	}
}

static int errno_of_answer(const char *answer)
{
	static const struct {
		const char *name;
		int error;
	} errors[] = {
		{"EINVAL", EINVAL}, {"EPERM", EPERM},	{"ENOENT", ENOENT}, {"ENODEV", ENODEV},
		{"EBUSY", EBUSY},   {"ENOMEM", ENOMEM}, {"ENXIO", ENXIO},   {"EACCES", EACCES},
	};
	size_t i, length;

	if (strncmp(answer, "ok", 2) == 0)
		return 0;
	if (strncmp(answer, "error ", 6))
		return EPROTO;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		length = strlen(errors[i].name);
		if (strncmp(answer + 6, errors[i].name, length) == 0)
			return errors[i].error;
	}
	return EIO;
}

static bool is_one_word(const char *text, size_t nbytes)
{
	size_t i;

	for (i = 0; i < nbytes; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	}
	return nbytes > 0;
}

/* Send a line, wait for the answer's; 0 or a positive errno. */
static int ask_control(const char *command, size_t length, char *answer, size_t nbytes)
{
	int fd = emudir_connect(SOCK_STREAM, "control", NULL, 0), error;

	if (fd < 0)
		return ENODEV;
	if (send(fd, command, length, MSG_NOSIGNAL) != (ssize_t)length)
		error = ENODEV;
	else
		error = read_answer(fd, answer, nbytes);
	REAL(close)(fd);
	return error;
}

void emudir_settle(void)
{
	static const char command[] = "list\n";
	int saved_errno = errno;
	char answer[4096];

	ask_control(command, sizeof(command) - 1, answer, sizeof(answer));
	errno = saved_errno;
}

int emudir_write_strategy(const char *device, const char *text, size_t nbytes)
{
	char command[STRATEGY_MAX + 128], answer[256];
	int error, length;

	if (!nbytes)
		return 0; /* as sysfs: not a write at all */
	if (text[nbytes - 1] == '\n')
		nbytes--;
	/* What could not be a number is not sent: it would be read as a second word or line. */
	if (nbytes >= STRATEGY_MAX || !is_one_word(text, nbytes))
		return EINVAL;
	length = snprintf(command, sizeof(command), "isolate-strategy %.63s %.*s\n", device,
			  (int)nbytes, text);
	error = ask_control(command, (size_t)length, answer, sizeof(answer));
	return error ? error : errno_of_answer(answer);
}
