// SPDX-License-Identifier: Apache-2.0
/*
 * The list of drivers to load. It owns the reading of that one file. A file that
 * is not understood as a whole is not followed at all: half a list would load a
 * surprising half.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "driver_conf.h"

#define CONF_NAME "uadk.cnf"
#define CONF_NBYTES 8192 /* far more than all drivers there are */

static const char *read_file(int dirfd, char *text, size_t size)
{
	int fd = openat(dirfd, CONF_NAME, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t n = 0;
	ssize_t got;

	text[0] = '\0';
	if (fd < 0)
		return errno == ENOENT ? NULL : "it cannot be opened";
	do {
		got = read(fd, text + n, size - n);
		n += got > 0 ? got : 0;
	} while ((got > 0 && n < size) || (got < 0 && errno == EINTR));
	close(fd);
	if (got < 0)
		return "it cannot be read";
	if (n == size)
		return "it is too long";
	text[n] = '\0';
	return strlen(text) == n ? NULL : "it is not a text";
}

static int is_listed(const struct wd_driver_conf *conf, const char *name)
{
	for (unsigned int i = 0; i < conf->n; i++)
		if (!strcmp(conf->names[i], name))
			return 1;
	return 0;
}

static const char *add_name(struct wd_driver_conf *conf, const char *name, size_t n)
{
	char *place;

	if (n >= sizeof(conf->names[0]))
		return "a line is too long";
	if (conf->n == WD_DRIVER_CONF_MAX)
		return "it has too many lines";
	place = conf->names[conf->n];
	memcpy(place, name, n);
	place[n] = '\0';
	if (strchr(place, '/') || strncmp(place, "lib", 3))
		return "a line is not the name of a driver's file";
	if (is_listed(conf, place))
		return "a name is there twice";
	conf->n++;
	return NULL;
}

static const char *parse(struct wd_driver_conf *conf, const char *text)
{
	const char *why = NULL;

	while (*text && !why) {
		size_t line = strcspn(text, "\n");
		const char *name = text + strspn(text, " \t");
		size_t n = strcspn(name, " \t\r#\n");

		if (n)
			why = add_name(conf, name, n);
		text += line + (text[line] == '\n');
	}
	return why;
}

const char *wd_driver_conf_read(int dirfd, struct wd_driver_conf *conf)
{
	char text[CONF_NBYTES];
	const char *why;

	conf->n = 0;
	why = read_file(dirfd, text, sizeof(text));
	if (!why)
		why = parse(conf, text);
	if (why)
		conf->n = 0;
	return why;
}
