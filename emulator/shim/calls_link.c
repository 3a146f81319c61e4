// SPDX-License-Identifier: Apache-2.0
/*
 * Takes over the functions that tell paths to the program: links, canonical
 * paths, the working directory. None may give away where the emulated tree
 * really is.
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emudir.h"
#include "path.h"

/* As readlink gives it: cut off, without a zero byte. */
static ssize_t give_link(const char *target, char *buf, size_t nbytes)
{
	size_t length = strlen(target);

	if (length > nbytes)
		length = nbytes;
	memcpy(buf, target, length);
	return (ssize_t)length;
}

static ssize_t read_node_link(const struct place *place, char *buf, size_t nbytes)
{
	char target[DEVICE_NAME_NBYTES + 8];

	if (!place->by_descriptor || !nbytes) {
		errno = EINVAL;
		return -1;
	}
	snprintf(target, sizeof(target), "/dev/%.63s", place->path);
	return give_link(target, buf, nbytes);
}

/* The links of /proc name open files, the working directory and so on. */
static ssize_t read_other_link(int dirfd, const char *path, char *buf, size_t nbytes)
{
	char target[PATH_MAX];
	const char *virtual;
	ssize_t length;

	if (!emudir())
		return REAL(readlinkat)(dirfd, path, buf, nbytes);
	length = REAL(readlinkat)(dirfd, path, target, sizeof(target) - 1);
	if (length < 0 || !nbytes || (size_t)length == sizeof(target) - 1)
		return REAL(readlinkat)(dirfd, path, buf, nbytes);
	target[length] = '\0';
	virtual = emudir_virtual(target);
	return virtual ? give_link(virtual, buf, nbytes)
		       : REAL(readlinkat)(dirfd, path, buf, nbytes);
}

static ssize_t read_link(int dirfd, const char *path, char *buf, size_t nbytes)
{
	struct place place;

	if (path && *path && path_find(dirfd, path, &place)) {
		if (place.kind == PLACE_NODE)
			return read_node_link(&place, buf, nbytes);
		return REAL(readlinkat)(AT_FDCWD, place.path, buf, nbytes);
	}
	/* An absolute link is given away by /proc alone. */
	if (path && (strstr(path, "proc/") || (path[0] != '/' && dirfd != AT_FDCWD)))
		return read_other_link(dirfd, path, buf, nbytes);
	return REAL(readlinkat)(dirfd, path, buf, nbytes);
}

EXPORT ssize_t readlink(const char *restrict path, char *restrict buf, size_t nbytes)
{
	return read_link(AT_FDCWD, path, buf, nbytes);
}

EXPORT ssize_t readlinkat(int dirfd, const char *restrict path, char *restrict buf, size_t nbytes)
{
	return read_link(dirfd, path, buf, nbytes);
}

/* Fortified: the room is known, and too little of it ends the program. */
extern ssize_t __readlink_chk(const char *path, char *buf, size_t nbytes, size_t room);
extern ssize_t __readlinkat_chk(int dirfd, const char *path, char *buf, size_t nbytes, size_t room);
extern char *__realpath_chk(const char *path, char *buf, size_t room);
extern char *__getcwd_chk(char *buf, size_t nbytes, size_t room);

EXPORT ssize_t __readlink_chk(const char *path, char *buf, size_t nbytes, size_t room)
{
	if (room < nbytes)
		return REAL(__readlink_chk)(path, buf, nbytes, room);
	return read_link(AT_FDCWD, path, buf, nbytes);
}

EXPORT ssize_t __readlinkat_chk(int dirfd, const char *path, char *buf, size_t nbytes, size_t room)
{
	if (room < nbytes)
		return REAL(__readlinkat_chk)(dirfd, path, buf, nbytes, room);
	return read_link(dirfd, path, buf, nbytes);
}

static char *give_path(const char *path, char *buf)
{
	return buf ? strcpy(buf, path) : strdup(path);
}

static char *real_path(const char *path, char *buf)
{
	char canonical[PATH_MAX];
	const char *virtual;
	struct place place;

	if (!path || !emudir())
		return REAL(realpath)(path, buf);
	if (!path_find(AT_FDCWD, path, &place)) {
		if (!REAL(realpath)(path, canonical))
			return REAL(realpath)(path, buf);
	} else if (place.kind == PLACE_NODE) {
		snprintf(canonical, sizeof(canonical), "/dev/%s", place.path);
	} else if (!REAL(realpath)(place.path, canonical)) {
		return NULL;
	}
	virtual = emudir_virtual(canonical);
	return give_path(virtual ? virtual : canonical, buf);
}

EXPORT char *realpath(const char *restrict path, char *restrict buf)
{
	return real_path(path, buf);
}

EXPORT char *__realpath_chk(const char *path, char *buf, size_t room)
{
	if (room < PATH_MAX)
		return REAL(__realpath_chk)(path, buf, room);
	return real_path(path, buf);
}

EXPORT char *canonicalize_file_name(const char *path)
{
	return real_path(path, NULL);
}

/* --- working directory --- */

EXPORT int chdir(const char *path)
{
	struct place place;

	if (!path_find(AT_FDCWD, path, &place))
		return REAL(chdir)(path);
	if (place.kind != PLACE_NODE)
		return REAL(chdir)(place.path);
	errno = ENOTDIR;
	return -1;
}

static char *hide_place(char *cwd)
{
	const char *virtual = cwd ? emudir_virtual(cwd) : NULL;

	if (virtual)
		memmove(cwd, virtual, strlen(virtual) + 1);
	return cwd;
}

EXPORT char *getcwd(char *buf, size_t nbytes)
{
	return hide_place(REAL(getcwd)(buf, nbytes));
}

EXPORT char *__getcwd_chk(char *buf, size_t nbytes, size_t room)
{
	return hide_place(REAL(__getcwd_chk)(buf, nbytes, room));
}

EXPORT char *get_current_dir_name(void)
{
	return hide_place(REAL(get_current_dir_name)());
}
