// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the question whether a path leads into the emulated devices, and where
 * it then really leads. A path is followed as text; ".." is only resolved below
 * directories known not to be links, everything else is left to the kernel
 * inside the daemon's tree. Not seen: paths that enter /sys or /dev by way of a
 * foreign link, and other mounts of them. Every call of the program that takes
 * a path comes by here, so what is not ours must be found out with a few
 * comparisons.
 */
#include "shim.h"

#include "path.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "descriptor.h"
#include "emudir.h"

#define CLASS_DIR "/sys/class/uacce"
#define PLATFORM_DIR "/sys/devices/platform"
#define PARENT_PREFIX PLATFORM_DIR "/wd-emulator."

struct canonical {
	char path[PLACE_PATH_MAX];
	size_t length;
	size_t plain; /* so much of it is known to be free of links */
	bool was_inside;
};

static bool has_device_suffix(const char *path)
{
	size_t length = strlen(path), digits = 0;

	while (digits < length && isdigit((unsigned char)path[length - 1 - digits]))
		digits++;
	return digits && digits < length && path[length - 1 - digits] == '-';
}

static const char *skip_root(const char *path)
{
	for (;;) {
		if (path[0] == '/')
			path++;
		else if (path[0] == '.' && path[1] == '/')
			path += 2;
		else
			return path;
	}
}

static bool begins_with(const char *path, const char *prefix)
{
	return strncmp(path, prefix, strlen(prefix)) == 0;
}

/* Cheap, and never false for a path of ours. */
static bool may_be_ours(const char *path)
{
	if (path[0] == '/') {
		path = skip_root(path);
		return begins_with(path, "sys") || begins_with(path, "dev") ||
		       begins_with(path, "proc") || begins_with(path, "..");
	}
	return has_device_suffix(path) || strstr(path, "uacce") || strstr(path, "wd-emulator") ||
	       strstr(path, "class") || strstr(path, "..") || strstr(path, "isolate_strategy") ||
	       strstr(path, "fd/") || strstr(path, "platform") || begins_with(path, "sys") ||
	       begins_with(path, "dev") || strcmp(path, ".") == 0;
}

/* Directories of the kernel's that are no links and hold something of ours. */
static bool is_plain_directory(const char *path, size_t length)
{
	static const char *const plain[] = {"",		"/sys",		"/sys/class",
					    CLASS_DIR,	"/sys/devices", PLATFORM_DIR,
					    "/sys/bus", "/dev"};
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (strlen(plain[i]) == length && memcmp(path, plain[i], length) == 0)
			return true;
	}
	return false;
}

static bool append(struct canonical *canonical, const char *name, size_t length)
{
	if (canonical->length + length + 2 > sizeof(canonical->path))
		return false;
	canonical->path[canonical->length++] = '/';
	memcpy(canonical->path + canonical->length, name, length);
	canonical->length += length;
	canonical->path[canonical->length] = '\0';
	return true;
}

static bool is_below(const char *path, const char *dir)
{
	size_t length = strlen(dir);

	return strncmp(path, dir, length) == 0 && (path[length] == '/' || !path[length]);
}

static bool is_in_tree(const char *path)
{
	return is_below(path, CLASS_DIR) || begins_with(path, PARENT_PREFIX);
}

static bool go_up(struct canonical *canonical)
{
	size_t length = canonical->length;

	canonical->was_inside |= is_in_tree(canonical->path);
	if (length > canonical->plain && !is_plain_directory(canonical->path, length))
		return append(canonical, "..", 2);
	while (length && canonical->path[length - 1] != '/')
		length--;
	canonical->length = length ? length - 1 : 0;
	canonical->path[canonical->length] = '\0';
	if (canonical->plain > canonical->length)
		canonical->plain = canonical->length;
	return true;
}

static bool follow(struct canonical *canonical, const char *path)
{
	size_t length;
	bool fits = true;

	for (; fits && *path; path += length) {
		while (*path == '/')
			path++;
		length = strcspn(path, "/");
		if (length == 2 && memcmp(path, "..", 2) == 0)
			fits = go_up(canonical);
		else if (length && !(length == 1 && *path == '.'))
			fits = append(canonical, path, length);
	}
	return fits;
}

/* What a descriptor (or AT_FDCWD) refers to, in the program's view. */
static bool begin_at(struct canonical *canonical, int dirfd)
{
	char link[32], target[PLACE_PATH_MAX];
	const char *virtual;
	ssize_t length;

	if (dirfd == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/self/cwd");
	else
		snprintf(link, sizeof(link), "/proc/self/fd/%d", dirfd);
	length = REAL(readlink)(link, target, sizeof(target) - 1);
	if (length < 1 || target[0] != '/')
		return false;
	target[length] = '\0';
	virtual = emudir_virtual(target);
	canonical->was_inside = virtual;
	if (!virtual)
		virtual = target;
	/* The root alone has a slash at its end. */
	canonical->length = virtual[1] ? strlen(virtual) : 0;
	if (canonical->length >= sizeof(canonical->path))
		return false;
	memcpy(canonical->path, virtual, canonical->length);
	canonical->path[canonical->length] = '\0';
	canonical->plain = canonical->length;
	return true;
}

static bool make_canonical(struct canonical *canonical, int dirfd, const char *path)
{
	canonical->length = 0;
	canonical->plain = 0;
	canonical->was_inside = false;
	canonical->path[0] = '\0';
	if (path[0] != '/' && !begin_at(canonical, dirfd))
		return false;
	return follow(canonical, path);
}

bool path_is_device(const char *name)
{
	char path[PLACE_PATH_MAX];
	int saved_errno = errno;
	bool found;

	if (!emudir() || !*name || strchr(name, '/') || strlen(name) >= DEVICE_NAME_NBYTES ||
	    !has_device_suffix(name))
		return false;
	if (snprintf(path, sizeof(path), "%s" CLASS_DIR "/%s", emudir(), name) >= (int)sizeof(path))
		return false;
	found = REAL(faccessat)(AT_FDCWD, path, F_OK, 0) == 0;
	errno = saved_errno;
	return found;
}

unsigned int path_device_id(const char *name)
{
	const char *hyphen = strrchr(name, '-');

	return hyphen ? (unsigned int)strtoul(hyphen + 1, NULL, 10) : 0;
}

static bool find_tree(const char *path, const char *original, struct place *place)
{
	size_t length = strlen(original);
	bool slash = length && original[length - 1] == '/';

	place->kind = PLACE_TREE;
	return snprintf(place->path, sizeof(place->path), "%s%s%s", emudir(), path,
			slash ? "/" : "") < (int)sizeof(place->path);
}

static bool find_node(const char *name, struct place *place)
{
	place->kind = PLACE_NODE;
	if (!path_is_device(name))
		return false;
	strcpy(place->path, name);
	return true;
}

/* /proc/self/fd/N and its like, where N is an opened node: the node. */
static bool find_descriptor(const char *path, struct place *place)
{
	const char *number = NULL;
	struct node node;
	char *end, own[32];
	long fd;

	snprintf(own, sizeof(own), "/proc/%d/fd/", (int)getpid());
	if (begins_with(path, "/proc/self/fd/"))
		number = path + strlen("/proc/self/fd/");
	else if (begins_with(path, "/dev/fd/"))
		number = path + strlen("/dev/fd/");
	else if (begins_with(path, own))
		number = path + strlen(own);
	if (!number || !isdigit((unsigned char)*number))
		return false;
	fd = strtol(number, &end, 10);
	if (*end || fd > INT_MAX || descriptor_kind((int)fd, &node) != DESCRIPTOR_NODE)
		return false;
	/* It stays what it is when the device has gone. */
	place->kind = PLACE_NODE;
	place->by_descriptor = true;
	strcpy(place->path, node.name);
	return true;
}

static bool classify(const char *path, const char *original, struct place *place)
{
	if (is_in_tree(path))
		return find_tree(path, original, place);
	if (begins_with(path, "/dev/") && find_node(path + strlen("/dev/"), place))
		return true;
	return find_descriptor(path, place);
}

/* The kernel would look for the way back in the daemon's directory. */
static bool find_outside(const struct canonical *canonical, struct place *place)
{
	place->kind = PLACE_OUTSIDE;
	strcpy(place->path, canonical->length ? canonical->path : "/");
	return true;
}

static __attribute__((noinline)) bool find_slowly(int dirfd, const char *path, struct place *place)
{
	struct canonical canonical;
	int saved_errno = errno;
	bool found = false;

	if (make_canonical(&canonical, dirfd, path)) {
		found = classify(canonical.path, path, place);
		if (!found && canonical.was_inside)
			found = find_outside(&canonical, place);
	}
	if (!found)
		place->kind = PLACE_ELSEWHERE;
	errno = saved_errno;
	return found;
}

bool path_find(int dirfd, const char *path, struct place *place)
{
	place->kind = PLACE_ELSEWHERE;
	place->by_descriptor = false;
	if (!path || !*path || !may_be_ours(path) || !emudir())
		return false;
	return find_slowly(dirfd, path, place);
}

static __attribute__((noinline)) enum path_merge merge_slowly(int dirfd, const char *path)
{
	struct canonical canonical;
	int saved_errno = errno;
	enum path_merge merge = MERGE_NONE;

	if (!make_canonical(&canonical, dirfd, path))
		merge = MERGE_NONE;
	else if (strcmp(canonical.path, "/sys/class") == 0)
		merge = MERGE_CLASS;
	else if (strcmp(canonical.path, PLATFORM_DIR) == 0)
		merge = MERGE_PLATFORM;
	else if (strcmp(canonical.path, "/dev") == 0)
		merge = MERGE_DEV;
	errno = saved_errno;
	return merge;
}

enum path_merge path_merge(int dirfd, const char *path)
{
	if (!path || !*path || !may_be_ours(path) || !emudir())
		return MERGE_NONE;
	return merge_slowly(dirfd, path);
}

bool path_is_strategy(const char *path, char *device)
{
	static const char name[] = "/isolate_strategy";
	static const char deleted[] = " (deleted)";
	const char *virtual = emudir_virtual(path), *end, *start;
	size_t length;

	if (!virtual)
		return false;
	end = strstr(virtual, name);
	/* A descriptor's file may have been replaced since it was opened. */
	if (!end || (end[sizeof(name) - 1] && strcmp(end + sizeof(name) - 1, deleted)))
		return false;
	for (start = end; start > virtual && start[-1] != '/'; start--)
		;
	length = (size_t)(end - start);
	if (!length || length >= DEVICE_NAME_NBYTES)
		return false;
	memcpy(device, start, length);
	device[length] = '\0';
	return true;
}
