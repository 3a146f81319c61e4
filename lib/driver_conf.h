/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The optional file that says which drivers of a directory are loaded, and in
 * which order: one file name per line, '#' starts a comment.
 */
#ifndef WD_LIB_DRIVER_CONF_H
#define WD_LIB_DRIVER_CONF_H

#include <stddef.h>

#define WD_DRIVER_CONF_MAX 64

struct wd_driver_conf {
	unsigned int n;
	char names[WD_DRIVER_CONF_MAX][64];
};

/*
 * Read "uadk.cnf" of the directory opened as @dirfd. NULL and the names; or why the
 * file is not followed, a constant text, @conf then empty. A file that is not
 * there is an empty list without a reason.
 */
const char *wd_driver_conf_read(int dirfd, struct wd_driver_conf *conf);

#endif
