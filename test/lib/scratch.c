// SPDX-License-Identifier: Apache-2.0
#include "scratch.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char scratch_dir[64];

/* All directories of a program are in this one, so that those of failed tests go, too. */
static char root[] = "/tmp/wd-test-lib-XXXXXX";
static pid_t owner;

static __attribute__((constructor)) void make_root(void)
{
	if (!mkdtemp(root))
		abort();
	owner = getpid();
}

const char *scratch_root(void)
{
	return root;
}

void scratch_make(void)
{
	snprintf(scratch_dir, sizeof(scratch_dir), "%s/XXXXXX", root);
	ck_assert_ptr_nonnull(mkdtemp(scratch_dir));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void scratch_remove(void)
{
	chmod(scratch_dir, 0700);
	ck_assert_int_eq(nftw(scratch_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static __attribute__((destructor)) void remove_root(void)
{
	if (getpid() == owner)
		nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned int turn;
	char *path = paths[turn++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", scratch_dir, name);
	return path;
}

static void make_dirs(char *path)
{
	for (char *slash = path + strlen(scratch_dir) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

void scratch_put(const char *name, const void *data, size_t n, mode_t mode)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", scratch_dir, name);
	make_dirs(path);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, n), n);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

void scratch_text(const char *name, const char *text)
{
	scratch_put(name, text, strlen(text), 0644);
}
