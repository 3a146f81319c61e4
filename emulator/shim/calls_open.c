// SPDX-License-Identifier: Apache-2.0
/*
 * Takes over the functions that open a file by its path. Files of the emulated
 * tree can be read as they are; of those only isolate_strategy can be written,
 * and such a write is a question to the daemon, so its descriptor (opened for
 * reading, lest a write gets past us) is marked, and its stream is one of ours.
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptor.h"
#include "emudir.h"
#include "node.h"
#include "path.h"

static int fail(int error)
{
	errno = error;
	return -1;
}

static int open_strategy(const char *path, int flags)
{
	int fd = REAL(openat)(AT_FDCWD, path, O_RDONLY | (flags & (O_CLOEXEC | O_NONBLOCK)));

	if (fd >= 0)
		descriptor_set(fd, DESCRIPTOR_STRATEGY);
	return fd;
}

/* sysfs refuses to open an attribute for something it cannot do, whoever asks. */
static int open_tree(const char *path, int flags)
{
	char canonical[PATH_MAX], device[DEVICE_NAME_NBYTES];
	int fd;

	if ((flags & O_ACCMODE) == O_RDONLY && !(flags & (O_CREAT | O_TRUNC)))
		return REAL(openat)(AT_FDCWD, path, flags);
	if (flags & O_PATH)
		return REAL(openat)(AT_FDCWD, path, flags & ~(O_CREAT | O_TRUNC));
	if (!REAL(realpath)(path, canonical))
		return errno == ENOENT && flags & O_CREAT ? fail(EACCES) : -1;
	if (flags & O_CREAT && flags & O_EXCL)
		return fail(EEXIST);
	if ((flags & O_ACCMODE) != O_RDONLY && path_is_strategy(canonical, device))
		return open_strategy(canonical, flags);
	if ((flags & O_ACCMODE) != O_RDONLY) {
		/* A directory says so itself. */
		fd = REAL(openat)(AT_FDCWD, canonical, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			return -1;
		REAL(close)(fd);
		return fail(EACCES);
	}
	return REAL(openat)(AT_FDCWD, path, flags & ~(O_CREAT | O_TRUNC));
}

static int open_node(const char *name, int flags)
{
	char path[PLACE_PATH_MAX];

	if (!(flags & O_PATH))
		return node_open(name, flags);
	snprintf(path, sizeof(path), "%.900s/dev/%.63s", emudir(), name);
	return REAL(openat)(AT_FDCWD, path, flags);
}

static int open_at(int dirfd, const char *path, int flags, mode_t mode)
{
	struct place place;

	if (!path_find(dirfd, path, &place))
		return REAL(openat)(dirfd, path, flags, mode);
	if (place.kind == PLACE_OUTSIDE)
		return REAL(openat)(AT_FDCWD, place.path, flags, mode);
	return place.kind == PLACE_NODE ? open_node(place.path, flags)
					: open_tree(place.path, flags);
}

static mode_t mode_argument(int flags, va_list *args)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(*args, mode_t) : 0;
}

#define OPEN_MODE(flags, mode)                      \
	do {                                        \
		va_list args;                       \
		va_start(args, flags);              \
		mode = mode_argument(flags, &args); \
		va_end(args);                       \
	} while (0)

EXPORT int open(const char *path, int flags, ...)
{
	mode_t mode;

	OPEN_MODE(flags, mode);
	return open_at(AT_FDCWD, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	mode_t mode;

	OPEN_MODE(flags, mode);
	return open_at(AT_FDCWD, path, flags, mode);
}

EXPORT int openat(int dirfd, const char *path, int flags, ...)
{
	mode_t mode;

	OPEN_MODE(flags, mode);
	return open_at(dirfd, path, flags, mode);
}

EXPORT int openat64(int dirfd, const char *path, int flags, ...)
{
	mode_t mode;

	OPEN_MODE(flags, mode);
	return open_at(dirfd, path, flags, mode);
}

/* What fortified programs call; the mode would be missing, which libc answers with an abort. */
extern int __open_2(const char *path, int flags);
extern int __open64_2(const char *path, int flags);
extern int __openat_2(int dirfd, const char *path, int flags);
extern int __openat64_2(int dirfd, const char *path, int flags);

static bool needs_mode(int flags)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

EXPORT int __open_2(const char *path, int flags)
{
	return needs_mode(flags) ? REAL(__open_2)(path, flags) : open_at(AT_FDCWD, path, flags, 0);
}

EXPORT int __open64_2(const char *path, int flags)
{
	return needs_mode(flags) ? REAL(__open64_2)(path, flags)
				 : open_at(AT_FDCWD, path, flags, 0);
}

EXPORT int __openat_2(int dirfd, const char *path, int flags)
{
	return needs_mode(flags) ? REAL(__openat_2)(dirfd, path, flags)
				 : open_at(dirfd, path, flags, 0);
}

EXPORT int __openat64_2(int dirfd, const char *path, int flags)
{
	return needs_mode(flags) ? REAL(__openat64_2)(dirfd, path, flags)
				 : open_at(dirfd, path, flags, 0);
}

EXPORT int creat(const char *path, mode_t mode)
{
	return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

EXPORT int creat64(const char *path, mode_t mode)
{
	return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

/* --- streams --- */

static int stream_flags(const char *mode)
{
	int flags = *mode == 'r' ? O_RDONLY : O_WRONLY | O_CREAT;

	if (strchr(mode, '+'))
		flags = (flags & ~O_ACCMODE) | O_RDWR;
	if (*mode == 'w')
		flags |= O_TRUNC;
	else if (*mode == 'a')
		flags |= O_APPEND;
	if (strchr(mode, 'x'))
		flags |= O_EXCL;
	return strchr(mode, 'e') ? flags | O_CLOEXEC : flags;
}

/* The library writes streams behind our back, so this one has its own functions. */
static ssize_t strategy_write(void *cookie, const char *text, size_t nbytes)
{
	int error = emudir_write_strategy(cookie, text, nbytes);

	if (!error)
		return (ssize_t)nbytes;
	errno = error;
	return 0;
}

static int strategy_close(void *cookie)
{
	free(cookie);
	return 0;
}

static FILE *strategy_stream(const char *device, const char *mode)
{
	const cookie_io_functions_t functions = {.write = strategy_write, .close = strategy_close};
	char *cookie = strdup(device);
	FILE *stream = NULL;

	if (cookie)
		stream = fopencookie(cookie, *mode == 'r' ? "r+" : mode, functions);
	if (!stream)
		free(cookie);
	return stream;
}

static FILE *open_stream(const struct place *place, const char *mode)
{
	int flags = stream_flags(mode), saved_errno;
	char canonical[PATH_MAX], device[DEVICE_NAME_NBYTES];
	FILE *stream;
	int fd;

	if (place->kind == PLACE_TREE && (flags & O_ACCMODE) == O_WRONLY &&
	    REAL(realpath)(place->path, canonical) && path_is_strategy(canonical, device))
		return strategy_stream(device, mode);
	fd = place->kind == PLACE_NODE ? open_node(place->path, flags)
				       : open_tree(place->path, flags);
	if (fd < 0)
		return NULL;
	stream = REAL(fdopen)(fd, mode);
	if (stream)
		return stream;
	saved_errno = errno;
	REAL(close)(fd);
	errno = saved_errno;
	return NULL;
}

EXPORT FILE *fopen(const char *restrict path, const char *restrict mode)
{
	struct place place;

	if (!path_find(AT_FDCWD, path, &place))
		return REAL(fopen)(path, mode);
	if (place.kind == PLACE_OUTSIDE)
		return REAL(fopen)(place.path, mode);
	return open_stream(&place, mode);
}

EXPORT FILE *fopen64(const char *restrict path, const char *restrict mode)
{
	return fopen(path, mode);
}

EXPORT FILE *fdopen(int fd, const char *mode)
{
	struct node node;

	if (*mode != 'r' && descriptor_kind(fd, &node) == DESCRIPTOR_STRATEGY) {
		FILE *stream = strategy_stream(node.name, mode);

		if (stream)
			REAL(close)(fd);
		return stream;
	}
	return REAL(fdopen)(fd, mode);
}

/* The stream's descriptor is exchanged for one of ours. */
static FILE *reopen_stream(const struct place *place, const char *mode, FILE *stream)
{
	int fd;

	stream = REAL(freopen)("/dev/null", mode, stream);
	if (!stream)
		return NULL;
	fd = place->kind == PLACE_NODE ? open_node(place->path, stream_flags(mode))
				       : open_tree(place->path, stream_flags(mode));
	if (fd < 0 || REAL(dup2)(fd, fileno(stream)) < 0) {
		int saved_errno = errno;

		if (fd >= 0)
			REAL(close)(fd);
		fclose(stream);
		errno = saved_errno;
		return NULL;
	}
	REAL(close)(fd);
	descriptor_forget(fileno(stream));
	return stream;
}

EXPORT FILE *freopen(const char *restrict path, const char *restrict mode, FILE *restrict stream)
{
	struct place place;

	if (!path || !path_find(AT_FDCWD, path, &place))
		return REAL(freopen)(path, mode, stream);
	if (place.kind == PLACE_OUTSIDE)
		return REAL(freopen)(place.path, mode, stream);
	return reopen_stream(&place, mode, stream);
}

EXPORT FILE *freopen64(const char *restrict path, const char *restrict mode, FILE *restrict stream)
{
	return freopen(path, mode, stream);
}
