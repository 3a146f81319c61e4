// SPDX-License-Identifier: Apache-2.0
/* Owns the connection to the emulator's control socket; one for each command. */
#include "control.h"

#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_control(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *dir = getenv("WD_EMULATOR_DIR");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_msg(dir, "WD_EMULATOR_DIR is not set: not under wd-emulate");
	ck_assert_int_lt(snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", dir),
			 (int)sizeof(address.sun_path));
	ck_assert_msg(!connect(fd, (struct sockaddr *)&address, sizeof(address)), "%s: %s",
		      address.sun_path, strerror(errno));
	return fd;
}

void control(char *answer, size_t nbytes, const char *format, ...)
{
	char line[8192];
	va_list args;
	size_t got = 0;
	int n, fd;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	line[n++] = '\n';
	fd = connect_control();
	ck_assert_int_eq(write(fd, line, (size_t)n), n);
	while (got < sizeof(line) - 1 && (n = (int)read(fd, line + got, 1)) == 1 && line[got] != '\n')
		got++;
	line[got] = '\0';
	close(fd);
	ck_assert_msg(!strncmp(line, "ok", 2), "the emulator says: %s", line);
	if (answer)
		snprintf(answer, nbytes, "%s", line[2] ? line + 3 : "");
}

const char *control_device(void)
{
	static char names[256];

	control(names, sizeof(names), "list");
	names[strcspn(names, " ")] = '\0';
	ck_assert(names[0]);
	return names;
}
