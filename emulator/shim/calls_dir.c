// SPDX-License-Identifier: Apache-2.0
/*
 * Takes over the listing of directories. Those of the emulated tree are read as
 * they are; /sys/class, /sys/devices/platform and /dev are the real ones with
 * the emulated entries behind the real ones that have another name. Positions
 * (telldir, seekdir) are those of the real entries only.
 */
#include "shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emudir.h"
#include "path.h"

_Static_assert(sizeof(struct dirent) == sizeof(struct dirent64), "one dirent for both");

#define MERGED_MAX 64
#define REAL_NAMES_MAX 64

/* A stream with entries to be added. Like the stream itself it is used by one thread at a time. */
struct merged {
	DIR *_Atomic stream; /* NULL: free */
	enum path_merge merge;
	DIR *added; /* the emulated entries; NULL until the real ones are through */
	bool done;
	/* Real entries that look like emulated ones; those are not repeated. */
	unsigned int real_names;
	char names[REAL_NAMES_MAX][DEVICE_NAME_NBYTES];
	struct dirent entry;
};

static struct merged merged[MERGED_MAX];
static atomic_uint merged_count;

static struct merged *find_merged(DIR *stream)
{
	unsigned int i;

	if (!merged_count || !stream)
		return NULL;
	for (i = 0; i < MERGED_MAX; i++) {
		if (merged[i].stream == stream)
			return &merged[i];
	}
	return NULL;
}

static void rewind_merged(struct merged *m)
{
	if (m->added)
		REAL(closedir)(m->added);
	m->added = NULL;
	m->done = false;
	m->real_names = 0;
}

/* With all entries taken the listing is just the real one. */
static void add_merged(DIR *stream, enum path_merge merge)
{
	unsigned int i;

	for (i = 0; i < MERGED_MAX; i++) {
		DIR *unused = NULL;

		if (!atomic_compare_exchange_strong(&merged[i].stream, &unused, stream))
			continue;
		merged[i].merge = merge;
		merged[i].added = NULL;
		rewind_merged(&merged[i]);
		merged_count++;
		return;
	}
}

static void remove_merged(struct merged *m)
{
	rewind_merged(m);
	merged_count--;
	m->stream = NULL;
}

static bool is_emulated_name(enum path_merge merge, const char *name)
{
	switch (merge) {
	case MERGE_CLASS:
		return strcmp(name, "uacce") == 0;
	case MERGE_PLATFORM:
		return strncmp(name, "wd-emulator.", 12) == 0;
	case MERGE_DEV:
		return path_is_device(name);
	default:
		return false;
	}
}

static void remember_real(struct merged *m, const char *name)
{
	if (m->real_names < REAL_NAMES_MAX && is_emulated_name(m->merge, name))
		strcpy(m->names[m->real_names++], name);
}

static bool is_real(const struct merged *m, const char *name)
{
	unsigned int i;

	for (i = 0; i < m->real_names; i++) {
		if (strcmp(m->names[i], name) == 0)
			return true;
	}
	return false;
}

static DIR *open_added(enum path_merge merge)
{
	static const char *const dirs[] = {
		[MERGE_CLASS] = "/sys/class",
		[MERGE_PLATFORM] = "/sys/devices/platform",
		[MERGE_DEV] = "/sys/class/uacce",
	};
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s%s", emudir(), dirs[merge]);
	return REAL(opendir)(path);
}

static struct dirent *read_added(struct merged *m)
{
	struct dirent *entry;

	while ((entry = REAL(readdir)(m->added))) {
		if (is_emulated_name(m->merge, entry->d_name) && !is_real(m, entry->d_name))
			break;
	}
	if (!entry)
		return NULL;
	m->entry = *entry;
	if (m->merge == MERGE_DEV)
		m->entry.d_type = DT_CHR;
	return &m->entry;
}

static struct dirent *read_merged(struct merged *m)
{
	struct dirent *entry;
	int saved_errno = errno;

	if (!m->done) {
		entry = REAL(readdir)(m->stream);
		if (entry) {
			remember_real(m, entry->d_name);
			return entry;
		}
		m->done = true;
		m->added = open_added(m->merge);
		errno = saved_errno;
	}
	return m->added ? read_added(m) : NULL;
}

static DIR *open_merged(const char *path)
{
	enum path_merge merge = path_merge(AT_FDCWD, path);
	DIR *stream = REAL(opendir)(path);

	if (stream && merge != MERGE_NONE)
		add_merged(stream, merge);
	return stream;
}

static DIR *open_dir(const char *path)
{
	struct place place;

	if (!path_find(AT_FDCWD, path, &place))
		return open_merged(path);
	if (place.kind == PLACE_TREE)
		return REAL(opendir)(place.path);
	if (place.kind == PLACE_OUTSIDE)
		return open_merged(place.path);
	errno = ENOTDIR;
	return NULL;
}

EXPORT DIR *opendir(const char *path)
{
	return open_dir(path);
}

EXPORT DIR *fdopendir(int fd)
{
	DIR *stream = REAL(fdopendir)(fd);
	enum path_merge merge;

	if (!stream)
		return NULL;
	merge = path_merge(fd, ".");
	if (merge != MERGE_NONE)
		add_merged(stream, merge);
	return stream;
}

static int close_dir(DIR *stream)
{
	struct merged *m = find_merged(stream);

	if (m)
		remove_merged(m);
	return REAL(closedir)(stream);
}

EXPORT int closedir(DIR *stream)
{
	return close_dir(stream);
}

EXPORT struct dirent *readdir(DIR *stream)
{
	struct merged *m = find_merged(stream);

	return m ? read_merged(m) : REAL(readdir)(stream);
}

EXPORT struct dirent64 *readdir64(DIR *stream)
{
	return (struct dirent64 *)readdir(stream);
}

EXPORT void rewinddir(DIR *stream)
{
	struct merged *m = find_merged(stream);

	if (m)
		rewind_merged(m);
	REAL(rewinddir)(stream);
}

/* --- scandir --- */

struct listing {
	struct dirent **entries;
	size_t count;
	size_t room;
};

static bool listing_add(struct listing *listing, const struct dirent *entry)
{
	struct dirent *copy, **more;
	size_t room;

	if (listing->count == listing->room) {
		room = listing->room ? listing->room * 2 : 32;
		more = realloc(listing->entries, room * sizeof(*more));
		if (!more)
			return false;
		listing->entries = more;
		listing->room = room;
	}
	copy = malloc(sizeof(*copy));
	if (!copy)
		return false;
	memcpy(copy, entry, sizeof(*copy));
	listing->entries[listing->count++] = copy;
	return true;
}

static void listing_free(struct listing *listing)
{
	while (listing->count)
		free(listing->entries[--listing->count]);
	free(listing->entries);
}

static int scan_stream(DIR *stream, struct dirent ***entries, int (*select)(const struct dirent *),
		       int (*compare)(const struct dirent **, const struct dirent **))
{
	struct listing listing = {0};
	struct dirent *entry;

	/* An empty listing has an array too. */
	listing.entries = malloc(sizeof(entry));
	if (!listing.entries)
		return -1;
	listing.room = 1;
	while ((entry = readdir(stream))) {
		if (select && !select(entry))
			continue;
		if (!listing_add(&listing, entry)) {
			listing_free(&listing);
			errno = ENOMEM;
			return -1;
		}
	}
	if (compare && listing.count)
		qsort(listing.entries, listing.count, sizeof(entry),
		      (int (*)(const void *, const void *))compare);
	*entries = listing.entries;
	return (int)listing.count;
}

EXPORT int scandir(const char *restrict path, struct dirent ***restrict entries,
		   int (*select)(const struct dirent *),
		   int (*compare)(const struct dirent **, const struct dirent **))
{
	struct place place;
	DIR *stream;
	int count;

	if (path_find(AT_FDCWD, path, &place) && place.kind != PLACE_NODE)
		path = place.path;
	if (path_merge(AT_FDCWD, path) == MERGE_NONE)
		return REAL(scandir)(path, entries, select, compare);
	stream = open_dir(path);
	if (!stream)
		return -1;
	count = scan_stream(stream, entries, select, compare);
	close_dir(stream);
	return count;
}

EXPORT int scandir64(const char *restrict path, struct dirent64 ***restrict entries,
		     int (*select)(const struct dirent64 *),
		     int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
	return scandir(path, (struct dirent ***)entries, (int (*)(const struct dirent *))select,
		       (int (*)(const struct dirent **, const struct dirent **))compare);
}

/* --- glob: libc's, with our functions below it --- */

static void *glob_opendir(const char *path)
{
	return open_dir(path);
}

static struct dirent *glob_readdir(void *stream)
{
	return readdir(stream);
}

static void glob_closedir(void *stream)
{
	close_dir(stream);
}

EXPORT int glob(const char *restrict pattern, int flags, int (*on_error)(const char *, int),
		glob_t *restrict result)
{
	if (flags & GLOB_ALTDIRFUNC || !emudir())
		return REAL(glob)(pattern, flags, on_error, result);
	result->gl_opendir = glob_opendir;
	result->gl_readdir = glob_readdir;
	result->gl_closedir = glob_closedir;
	result->gl_lstat = lstat;
	result->gl_stat = stat;
	return REAL(glob)(pattern, flags | GLOB_ALTDIRFUNC, on_error, result);
}

EXPORT int glob64(const char *restrict pattern, int flags, int (*on_error)(const char *, int),
		  glob64_t *restrict result)
{
	return glob(pattern, flags, on_error, (glob_t *)result);
}
