/* SPDX-License-Identifier: Apache-2.0 */
/* Where a path of the program really leads. */
#ifndef EMULATOR_PATH_H
#define EMULATOR_PATH_H

#include <stdbool.h>

#define PLACE_PATH_MAX 1024

enum place_kind {
	PLACE_ELSEWHERE, /* not ours: the path is to be used as it is */
	PLACE_TREE,	 /* in the emulated part of sysfs: use path instead */
	PLACE_NODE,	 /* a device node: path is the device's name */
	PLACE_OUTSIDE,	 /* leads out of the emulated tree again: use path instead */
};

struct place {
	enum place_kind kind;
	bool by_descriptor; /* the path named an open node, as /proc/self/fd/N */
	char path[PLACE_PATH_MAX];
};

/* True: @place is filled in; false, quickly, for a path that is not ours. */
bool path_find(int dirfd, const char *path, struct place *place);
/*
 * Directories whose listing gets entries added; the canonical path in @path, as
 * the program gave it in the first place.
 */
enum path_merge {
	MERGE_NONE,
	MERGE_CLASS,	/* /sys/class */
	MERGE_PLATFORM, /* /sys/devices/platform */
	MERGE_DEV,	/* /dev */
};
enum path_merge path_merge(int dirfd, const char *path);
/* Is there an emulated device of this name? */
bool path_is_device(const char *name);
/* Number at the end of a device name, its minor. */
unsigned int path_device_id(const char *name);
/* If @path names the isolate_strategy of an emulated device: the device's name. */
bool path_is_strategy(const char *path, char *device);

#define DEVICE_NAME_NBYTES 64

#endif
