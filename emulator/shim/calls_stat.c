// SPDX-License-Identifier: Apache-2.0
/*
 * Takes over the functions that ask about a file without opening it, and fstat.
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../protocol.h"
#include "descriptor.h"
#include "emudir.h"
#include "node.h"
#include "path.h"

_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "one stat for both");

/* A path that is a link to an open node, asked about as a link. */
static bool is_link_itself(const struct place *place, int flags)
{
	return place->by_descriptor && flags & AT_SYMLINK_NOFOLLOW;
}

static int stat_descriptor(int fd, struct stat *st)
{
	struct node node;
	int saved_errno = errno;

	if (descriptor_kind(fd, &node) != DESCRIPTOR_NODE)
		return REAL(fstat)(fd, st);
	if (node_stat(node.name, st) == 0)
		return 0;
	/* The device is gone, the open file is not. */
	errno = saved_errno;
	if (REAL(fstat)(fd, st))
		return -1;
	st->st_mode = S_IFCHR | 0600;
	st->st_rdev = makedev(EMU_MAJOR, path_device_id(node.name));
	return 0;
}

static int stat_at(int dirfd, const char *path, struct stat *st, int flags)
{
	struct place place;

	if (path && !*path && flags & AT_EMPTY_PATH && dirfd >= 0 && descriptor_is_node(dirfd))
		return stat_descriptor(dirfd, st);
	if (!path_find(dirfd, path, &place) || is_link_itself(&place, flags))
		return REAL(fstatat)(dirfd, path, st, flags);
	if (place.kind == PLACE_NODE)
		return node_stat(place.path, st);
	return REAL(fstatat)(AT_FDCWD, place.path, st, flags);
}

EXPORT int stat(const char *restrict path, struct stat *restrict st)
{
	return stat_at(AT_FDCWD, path, st, 0);
}

EXPORT int stat64(const char *restrict path, struct stat64 *restrict st)
{
	return stat_at(AT_FDCWD, path, (struct stat *)st, 0);
}

EXPORT int lstat(const char *restrict path, struct stat *restrict st)
{
	return stat_at(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

EXPORT int lstat64(const char *restrict path, struct stat64 *restrict st)
{
	return stat_at(AT_FDCWD, path, (struct stat *)st, AT_SYMLINK_NOFOLLOW);
}

EXPORT int fstat(int fd, struct stat *st)
{
	return stat_descriptor(fd, st);
}

EXPORT int fstat64(int fd, struct stat64 *st)
{
	return stat_descriptor(fd, (struct stat *)st);
}

EXPORT int fstatat(int dirfd, const char *restrict path, struct stat *restrict st, int flags)
{
	return stat_at(dirfd, path, st, flags);
}

EXPORT int fstatat64(int dirfd, const char *restrict path, struct stat64 *restrict st, int flags)
{
	return stat_at(dirfd, path, (struct stat *)st, flags);
}

/* What programs built against a C library before 2.33 call. The version is checked by libc. */
extern int __xstat(int version, const char *path, struct stat *st);
extern int __xstat64(int version, const char *path, struct stat64 *st);
extern int __lxstat(int version, const char *path, struct stat *st);
extern int __lxstat64(int version, const char *path, struct stat64 *st);
extern int __fxstat(int version, int fd, struct stat *st);
extern int __fxstat64(int version, int fd, struct stat64 *st);
extern int __fxstatat(int version, int dirfd, const char *path, struct stat *st, int flags);
extern int __fxstatat64(int version, int dirfd, const char *path, struct stat64 *st, int flags);

EXPORT int __xstat(int version, const char *path, struct stat *st)
{
	(void)version;
	return stat_at(AT_FDCWD, path, st, 0);
}

EXPORT int __xstat64(int version, const char *path, struct stat64 *st)
{
	(void)version;
	return stat_at(AT_FDCWD, path, (struct stat *)st, 0);
}

EXPORT int __lxstat(int version, const char *path, struct stat *st)
{
	(void)version;
	return stat_at(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

EXPORT int __lxstat64(int version, const char *path, struct stat64 *st)
{
	(void)version;
	return stat_at(AT_FDCWD, path, (struct stat *)st, AT_SYMLINK_NOFOLLOW);
}

EXPORT int __fxstat(int version, int fd, struct stat *st)
{
	(void)version;
	return stat_descriptor(fd, st);
}

EXPORT int __fxstat64(int version, int fd, struct stat64 *st)
{
	(void)version;
	return stat_descriptor(fd, (struct stat *)st);
}

EXPORT int __fxstatat(int version, int dirfd, const char *path, struct stat *st, int flags)
{
	(void)version;
	return stat_at(dirfd, path, st, flags);
}

EXPORT int __fxstatat64(int version, int dirfd, const char *path, struct stat64 *st, int flags)
{
	(void)version;
	return stat_at(dirfd, path, (struct stat *)st, flags);
}

/* --- statx --- */

static int statx_node(const char *name, int flags, unsigned int mask, struct statx *stx)
{
	char path[PLACE_PATH_MAX];

	snprintf(path, sizeof(path), "%.900s/sys/class/uacce/%.63s", emudir(), name);
	flags = (flags & ~AT_EMPTY_PATH) | AT_SYMLINK_NOFOLLOW;
	if (REAL(statx)(AT_FDCWD, path, flags, mask, stx))
		return -1;
	stx->stx_mode = S_IFCHR | 0600;
	stx->stx_rdev_major = EMU_MAJOR;
	stx->stx_rdev_minor = path_device_id(name);
	stx->stx_size = 0;
	stx->stx_blocks = 0;
	stx->stx_nlink = 1;
	return 0;
}

EXPORT int statx(int dirfd, const char *restrict path, int flags, unsigned int mask,
		 struct statx *restrict stx)
{
	struct place place;
	struct node node;

	if (flags & AT_EMPTY_PATH && dirfd >= 0 && !*path &&
	    descriptor_kind(dirfd, &node) == DESCRIPTOR_NODE)
		return statx_node(node.name, flags, mask, stx);
	if (!path_find(dirfd, path, &place) || is_link_itself(&place, flags))
		return REAL(statx)(dirfd, path, flags, mask, stx);
	if (place.kind == PLACE_NODE)
		return statx_node(place.path, flags, mask, stx);
	return REAL(statx)(AT_FDCWD, place.path, flags, mask, stx);
}

/* --- access --- */

static int access_at(int dirfd, const char *path, int mode, int flags)
{
	struct place place;

	if (!path_find(dirfd, path, &place))
		return REAL(faccessat)(dirfd, path, mode, flags);
	if (place.kind == PLACE_NODE)
		return node_access(place.path, mode);
	return REAL(faccessat)(AT_FDCWD, place.path, mode, flags);
}

EXPORT int access(const char *path, int mode)
{
	return access_at(AT_FDCWD, path, mode, 0);
}

EXPORT int faccessat(int dirfd, const char *path, int mode, int flags)
{
	return access_at(dirfd, path, mode, flags);
}

EXPORT int eaccess(const char *path, int mode)
{
	return access_at(AT_FDCWD, path, mode, AT_EACCESS);
}

EXPORT int euidaccess(const char *path, int mode)
{
	return access_at(AT_FDCWD, path, mode, AT_EACCESS);
}

/* --- the file system --- */

static bool is_in_tree(int fd)
{
	char link[32], target[PLACE_PATH_MAX];
	int saved_errno = errno;
	ssize_t length;

	if (!emudir())
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = REAL(readlink)(link, target, sizeof(target) - 1);
	errno = saved_errno;
	if (length < 1)
		return false;
	target[length] = '\0';
	return emudir_virtual(target);
}

static int statfs_path(const char *path, struct statfs *st)
{
	struct place place;
	int result;

	if (!path_find(AT_FDCWD, path, &place))
		return REAL(statfs)(path, st);
	if (place.kind == PLACE_NODE)
		return REAL(statfs)("/dev", st);
	result = REAL(statfs)(place.path, st);
	if (result == 0 && place.kind == PLACE_TREE)
		st->f_type = SYSFS_MAGIC;
	return result;
}

static int statfs_descriptor(int fd, struct statfs *st)
{
	int result;

	if (descriptor_is_node(fd))
		return REAL(statfs)("/dev", st);
	result = REAL(fstatfs)(fd, st);
	if (result == 0 && is_in_tree(fd))
		st->f_type = SYSFS_MAGIC;
	return result;
}

EXPORT int statfs(const char *path, struct statfs *st)
{
	return statfs_path(path, st);
}

EXPORT int statfs64(const char *path, struct statfs64 *st)
{
	return statfs_path(path, (struct statfs *)st);
}

EXPORT int fstatfs(int fd, struct statfs *st)
{
	return statfs_descriptor(fd, st);
}

EXPORT int fstatfs64(int fd, struct statfs64 *st)
{
	return statfs_descriptor(fd, (struct statfs *)st);
}

EXPORT int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	struct place place;

	if (!path_find(AT_FDCWD, path, &place) || place.kind == PLACE_NODE)
		return REAL(inotify_add_watch)(fd, path, mask);
	return REAL(inotify_add_watch)(fd, place.path, mask);
}

/* --- extended attributes: sysfs has none, ls and cp ask all the same --- */

EXPORT ssize_t getxattr(const char *path, const char *name, void *value, size_t nbytes)
{
	struct place place;

	if (!path_find(AT_FDCWD, path, &place))
		return REAL(getxattr)(path, name, value, nbytes);
	errno = ENOTSUP;
	return -1;
}

EXPORT ssize_t lgetxattr(const char *path, const char *name, void *value, size_t nbytes)
{
	struct place place;

	if (!path_find(AT_FDCWD, path, &place))
		return REAL(lgetxattr)(path, name, value, nbytes);
	errno = ENOTSUP;
	return -1;
}

EXPORT ssize_t listxattr(const char *path, char *list, size_t nbytes)
{
	struct place place;

	return path_find(AT_FDCWD, path, &place) ? 0 : REAL(listxattr)(path, list, nbytes);
}

EXPORT ssize_t llistxattr(const char *path, char *list, size_t nbytes)
{
	struct place place;

	return path_find(AT_FDCWD, path, &place) ? 0 : REAL(llistxattr)(path, list, nbytes);
}
