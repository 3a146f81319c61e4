// SPDX-License-Identifier: Apache-2.0
/*
 * Opening, reading and removing input.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "input.h"
#include "report.h"

/* Files that compressing in place would take something from, unless forced. */
static bool refuses(const struct input *in, const struct options *o)
{
	const struct stat *st = &in->st;

	if (S_ISDIR(st->st_mode)) {
		report_warning(in->name, "is a directory -- ignored");
		return true;
	}
	if (o->to_stdout || o->action == ACTION_TEST || o->action == ACTION_LIST)
		return false;
	if (!S_ISREG(st->st_mode)) {
		report_warning(in->name, "is not a directory or a regular file -- ignored");
		return true;
	}
	if (st->st_mode & (S_ISUID | S_ISGID)) {
		report_warning(in->name, "is set-%s-ID on execution -- ignored",
			       st->st_mode & S_ISUID ? "user" : "group");
		return true;
	}
	if (o->force)
		return false;
	if (st->st_mode & S_ISVTX) {
		report_warning(in->name, "has the sticky bit set -- ignored");
		return true;
	}
	if (st->st_nlink > 1) {
		unsigned long others = (unsigned long)st->st_nlink - 1;

		report_warning(in->name, "has %lu other link%s -- ignored", others,
			       others > 1 ? "s" : "");
		return true;
	}
	return false;
}

static int open_standard_input(struct input *in)
{
	in->fd = STDIN_FILENO;
	in->path = NULL;
	in->name = "stdin";
	if (fstat(in->fd, &in->st)) {
		report_error(in->name, "%s", strerror(errno));
		return -1;
	}
	return 0;
}

int input_open(struct input *in, const char *path, const struct options *o)
{
	bool in_place = !o->to_stdout && (o->action == ACTION_COMPRESS ||
					  o->action == ACTION_DECOMPRESS);
	/* Not to hang on a FIFO that is refused anyway. */
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (in_place ? O_NONBLOCK : 0);

	if (!strcmp(path, "-"))
		return open_standard_input(in);
	if (in_place && !o->force)
		flags |= O_NOFOLLOW; /* the link would be lost, its file left */
	in->path = path;
	in->name = path;
	in->fd = open(path, flags);
	if (in->fd < 0 || fstat(in->fd, &in->st)) {
		if (errno == ELOOP && in_place && !o->force)
			report_error(path, "is a symbolic link; -f would follow it");
		else
			report_error(path, "%s", strerror(errno));
		goto err_close;
	}
	if (refuses(in, o))
		goto err_close;
	posix_fadvise(in->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;

err_close:
	input_close(in);
	return -1;
}

void input_close(struct input *in)
{
	if (in->fd > STDIN_FILENO)
		close(in->fd);
	in->fd = -1;
}

uint64_t input_size(const struct input *in)
{
	return S_ISREG(in->st.st_mode) ? (uint64_t)in->st.st_size : 0;
}

ssize_t input_read(const struct input *in, void *buf, size_t size)
{
	size_t at = 0;

	while (at < size) {
		ssize_t n = read(in->fd, (char *)buf + at, size - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		at += (size_t)n;
	}
	return (ssize_t)at;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

void input_remove(const struct input *in)
{
	struct stat now, there;

	if (fstat(in->fd, &now)) {
		report_error(in->name, "%s", strerror(errno));
		return;
	}
	if (now.st_size != in->st.st_size || !same_time(&now.st_mtim, &in->st.st_mtim)) {
		report_warning(in->name, "changed while it was read -- not removed");
		return;
	}
	/* Somebody else was done with it first, or has put another one there. */
	if (stat(in->path, &there) || there.st_ino != now.st_ino || there.st_dev != now.st_dev)
		return;
	if (unlink(in->path) && errno != ENOENT)
		report_error(in->name, "cannot be removed: %s", strerror(errno));
}
