// SPDX-License-Identifier: Apache-2.0
/*
 * Finding and loading the files of drivers, once per process, at the first
 * question for a driver. It owns the search path and the decision which files are
 * trusted: a driver becomes part of the program, so nobody but root and the
 * program's user may be able to put one there or change it. What a file registers
 * is driver.c's business. Files stay loaded for ever, for the queues they serve.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include "driver.h"
#include "driver_conf.h"

#define FILE_PREFIX "libhisi_"
#define FILE_SUFFIX ".so.2"

/* ------------------------------------------------------------------ trust */

static const char *why_not_trusted(const struct stat *st, bool sticky_will_do)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "it belongs to another user";
	/* In a sticky directory nobody can replace what is not his. */
	if (sticky_will_do && (st->st_mode & S_ISVTX))
		return NULL;
	if (st->st_mode & S_IWOTH)
		return "anybody can write to it";
	/* A user's private group is himself; not so in a program with more rights than he has. */
	if ((st->st_mode & S_IWGRP) && st->st_gid != 0 &&
	    (st->st_gid != getegid() || getauxval(AT_SECURE)))
		return "its group can write to it";
	return NULL;
}

/* Every directory above @path: who can rename one of them can put another in its place. */
static const char *why_not_above(const char *path)
{
	char above[PATH_MAX];
	const char *why = NULL;
	struct stat st;
	size_t n = strlen(path);

	memcpy(above, path, n + 1);
	while (n > 1 && !why) {
		while (n > 1 && above[n - 1] != '/')
			n--;
		above[n > 1 ? n - 1 : n] = '\0';
		n = strlen(above);
		if (stat(above, &st))
			return "a directory above it cannot be looked at";
		why = why_not_trusted(&st, true);
	}
	return why ? "it is below a directory that others can change" : NULL;
}

static void refuse(const char *dir, const char *file, const char *why)
{
	WD_WARN("%s%s%s: not loaded: %s\n", dir, file ? "/" : "", file ? file : "", why);
}

/* --------------------------------------------------------------- one file */

static bool load_trusted(const char *dir, const char *file)
{
	unsigned int before = wd_driver_count();
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, file) >= sizeof(path)) {
		refuse(dir, file, "its path is too long");
		return false;
	}
	/* Its constructor registers it. NODELETE: queues outlive any count of users here. */
	if (!dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) {
		refuse(dir, file, dlerror());
		return false;
	}
	if (wd_driver_count() == before) {
		refuse(dir, file, "it brought no new driver");
		return false;
	}
	WD_DEBUG("%s: loaded\n", path);
	return true;
}

/* "hisi_zip" of "libhisi_zip.so.2": that driver may have been named on the link line. */
static bool is_loaded_already(const char *file)
{
	const char *name = file + strlen("lib");

	return wd_driver_is_known(name, strcspn(name, "."));
}

static void load_file(const char *dir, int dirfd, const char *file)
{
	const char *why;
	struct stat st;

	if (is_loaded_already(file))
		return;
	if (fstatat(dirfd, file, &st, 0))
		why = "it cannot be looked at";
	else if (!S_ISREG(st.st_mode))
		why = "it is not a file";
	else
		why = why_not_trusted(&st, false);
	if (why)
		refuse(dir, file, why);
	else
		load_trusted(dir, file);
}

/* ---------------------------------------------------------- one directory */

static int is_driver_file(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name), suffix = strlen(FILE_SUFFIX);

	return n > suffix && !strncmp(entry->d_name, FILE_PREFIX, strlen(FILE_PREFIX)) &&
	       !strcmp(entry->d_name + n - suffix, FILE_SUFFIX);
}

/* The list may say "libhisi_zip.so" for "libhisi_zip.so.2". */
static bool is_named(const char *file, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(file, name, n) && (!file[n] || !strcmp(file + n, ".2"));
}

static void load_listed(const char *dir, int dirfd, const struct wd_driver_conf *conf,
			struct dirent **files, int nfiles)
{
	for (unsigned int i = 0; i < conf->n; i++)
		for (int f = 0; f < nfiles; f++)
			if (is_named(files[f]->d_name, conf->names[i]))
				load_file(dir, dirfd, files[f]->d_name);
}

static void load_all(const char *dir, int dirfd, struct dirent **files, int nfiles)
{
	for (int f = 0; f < nfiles; f++)
		load_file(dir, dirfd, files[f]->d_name);
}

static void load_from(const char *dir, int dirfd)
{
	struct wd_driver_conf *conf = malloc(sizeof(*conf));
	struct dirent **files = NULL;
	int nfiles = scandirat(dirfd, ".", &files, is_driver_file, alphasort);
	const char *why;

	if (!conf || nfiles < 0) {
		refuse(dir, NULL, strerror(errno));
		goto out;
	}
	why = wd_driver_conf_read(dirfd, conf);
	if (why)
		WD_WARN("%s/uadk.cnf: not followed, all drivers are loaded: %s\n", dir, why);
	if (conf->n)
		load_listed(dir, dirfd, conf, files, nfiles);
	else
		load_all(dir, dirfd, files, nfiles);

out:
	for (int f = 0; f < nfiles; f++)
		free(files[f]);
	free(files);
	free(conf);
}

/* False when there is no such directory; any other trouble is said. */
static bool load_dir(const char *name)
{
	char dir[PATH_MAX];
	const char *why;
	struct stat st;
	int fd;

	if (!realpath(name, dir))
		return false;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	why = fstat(fd, &st) ? "it cannot be looked at" : why_not_trusted(&st, false);
	if (!why)
		why = why_not_above(dir);
	if (why)
		refuse(dir, NULL, why);
	else
		load_from(dir, fd);
	close(fd);
	return true;
}

/* ------------------------------------------------------------------- path */

static void load_path(const char *path)
{
	char dir[PATH_MAX];

	while (*path) {
		size_t n = strcspn(path, ":");

		if (n && n < sizeof(dir)) {
			memcpy(dir, path, n);
			dir[n] = '\0';
			if (!load_dir(dir))
				refuse(dir, NULL, "there is no such directory");
		}
		path += n + (path[n] == ':');
	}
}

/* "uadk" beside this library, wherever it was installed or moved to. */
static bool dir_beside(char *dir, size_t size)
{
	const char *slash;
	Dl_info self;

	if (!dladdr((void *)wd_drivers_load, &self) || !self.dli_fname)
		return false;
	slash = strrchr(self.dli_fname, '/');
	/* Linked statically this is the program's own file: its drivers are in it, too. */
	if (!slash || strncmp(slash + 1, "libwd.so", strlen("libwd.so")))
		return false;
	return (size_t)snprintf(dir, size, "%.*s/uadk", (int)(slash - self.dli_fname),
				self.dli_fname) < size;
}

static void load(void)
{
	const char *path = secure_getenv("WD_DRIVER_DIR");
	char beside[PATH_MAX];

	/* A driver loaded now would register with a second copy of this library. */
	if (!dir_beside(beside, sizeof(beside)))
		WD_DEBUG("linked statically: drivers are those on the link line\n");
	else if (path && *path)
		load_path(path);
	else if (!load_dir(beside))
		load_dir(WD_PKGDRIVER_DIR);
}

void wd_drivers_load(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
}
