/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the name of a file to that of its output, and back. Pure functions on
 * strings, except names_find(), which looks whether a file is there.
 */
#ifndef ZIP_NAMES_H
#define ZIP_NAMES_H

#include "format.h"

/* The known suffix @path ends with (or @extra, which may be NULL), or NULL. */
const char *names_suffix(const char *path, const char *extra);
/* What the suffix says the format is; FORMAT_AUTO if nothing. */
enum format names_format(const char *path);
/* @path with @suffix. NULL: no memory. The caller frees it. */
char *names_compressed(const char *path, const char *suffix);
/* @path without its suffix (.tgz becomes .tar). NULL with errno EINVAL (none) or ENOMEM. */
char *names_decompressed(const char *path, const char *extra);
/* The name saved in a header, in the directory of @path. NULL with errno EINVAL or ENOMEM. */
char *names_restored(const char *path, const char *saved);
/* @path, or @path with a known suffix if only that exists. NULL: no memory. */
char *names_find(const char *path, const char *extra);
/* Last part of @path. */
const char *names_base(const char *path);

#endif
