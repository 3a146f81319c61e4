// SPDX-License-Identifier: Apache-2.0
/*
 * Suffixes and file names.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "names.h"

/* In the order in which a missing file is looked for. */
static const struct {
	const char *suffix;
	const char *becomes;
	enum format format;
} suffixes[] = {
	{ ".gz", "", FORMAT_GZIP },	   { ".zz", "", FORMAT_ZLIB },
	{ ".deflate", "", FORMAT_DEFLATE }, { ".lz4", "", FORMAT_LZ4 },
	{ ".z", "", FORMAT_GZIP },	   { "-gz", "", FORMAT_GZIP },
	{ "-z", "", FORMAT_GZIP },	   { "_z", "", FORMAT_GZIP },
	{ ".tgz", ".tar", FORMAT_GZIP },   { ".taz", ".tar", FORMAT_GZIP },
};

#define NSUFFIXES (sizeof(suffixes) / sizeof(suffixes[0]))

const char *names_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A name that is a suffix and nothing else has none. */
static bool ends_with(const char *path, const char *suffix)
{
	const char *base = names_base(path);
	size_t n = strlen(base), m = strlen(suffix);

	return m && n > m && !strcasecmp(base + n - m, suffix);
}

static int find_known(const char *path)
{
	for (size_t i = 0; i < NSUFFIXES; i++)
		if (ends_with(path, suffixes[i].suffix))
			return (int)i;
	return -1;
}

const char *names_suffix(const char *path, const char *extra)
{
	int i = find_known(path);

	if (extra && ends_with(path, extra))
		return extra;
	return i < 0 ? NULL : suffixes[i].suffix;
}

enum format names_format(const char *path)
{
	int i = find_known(path);

	return i < 0 ? FORMAT_AUTO : suffixes[i].format;
}

static char *join(const char *head, size_t head_nbytes, const char *tail)
{
	char *s;

	if (asprintf(&s, "%.*s%s", (int)head_nbytes, head, tail) >= 0)
		return s;
	errno = ENOMEM;
	return NULL;
}

char *names_compressed(const char *path, const char *suffix)
{
	return join(path, strlen(path), suffix);
}

char *names_decompressed(const char *path, const char *extra)
{
	int i = find_known(path);

	if (extra && ends_with(path, extra))
		return join(path, strlen(path) - strlen(extra), "");
	if (i >= 0)
		return join(path, strlen(path) - strlen(suffixes[i].suffix), suffixes[i].becomes);
	errno = EINVAL;
	return NULL;
}

char *names_restored(const char *path, const char *saved)
{
	/* It comes from a stranger: no way out of the directory. */
	const char *base = names_base(saved);

	if (!*base || !strcmp(base, ".") || !strcmp(base, "..")) {
		errno = EINVAL;
		return NULL;
	}
	return join(path, (size_t)(names_base(path) - path), base);
}

char *names_find(const char *path, const char *extra)
{
	struct stat st;
	char *s = join(path, strlen(path), "");

	if (!s || !strcmp(path, "-") || !lstat(path, &st) || errno != ENOENT ||
	    names_suffix(path, extra))
		return s;
	for (int i = extra ? -1 : 0; i < (int)NSUFFIXES; i++) {
		char *t = join(path, strlen(path), i < 0 ? extra : suffixes[i].suffix);

		if (t && !lstat(t, &st)) {
			free(s);
			return t;
		}
		free(t);
	}
	return s;
}
