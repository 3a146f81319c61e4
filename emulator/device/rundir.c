// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the daemon's directory: who may use it, the pid file that is also the
 * lock, and its removal. A lock dies with its process, so a directory left by a
 * killed daemon is taken over, and one in use is refused.
 */
#include "rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

static int dir_fd = -1;
static int pid_fd = -1;
static char *dir_path; /* absolute */
static bool dir_is_ours;

int rundir_fd(void)
{
	return dir_fd;
}

static int check_owner(const char *path)
{
	struct stat st;

	if (fstat(dir_fd, &st)) {
		log_error("%s: %s", path, strerror(errno));
		return -1;
	}
	if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH)) {
		log_error("%s: belongs to somebody else or is writable by others", path);
		return -1;
	}
	return 0;
}

static int open_directory(const char *path)
{
	dir_is_ours = mkdir(path, 0700) == 0;
	if (!dir_is_ours && errno != EEXIST) {
		log_error("cannot create %s: %s", path, strerror(errno));
		return -1;
	}
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir_fd < 0) {
		log_error("cannot open %s: %s", path, strerror(errno));
		return -1;
	}
	dir_path = realpath(path, NULL);
	if (!dir_path) {
		log_error("cannot resolve %s: %s", path, strerror(errno));
		return -1;
	}
	return check_owner(path);
}

static int lock_pid_file(const char *path)
{
	struct stat locked, named;

	pid_fd = openat(dir_fd, "pid", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (pid_fd < 0) {
		log_error("cannot create %s/pid: %s", path, strerror(errno));
		return -1;
	}
	/* The file may have been removed by its daemon between our open and our lock. */
	if (flock(pid_fd, LOCK_EX | LOCK_NB) || fstat(pid_fd, &locked) ||
	    fstatat(dir_fd, "pid", &named, AT_SYMLINK_NOFOLLOW) || locked.st_ino != named.st_ino) {
		log_error("%s is in use by another wd-emulatord", path);
		close(pid_fd);
		pid_fd = -1;
		return -1;
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) && errno != ENOENT ? -1 : 0;
}

static void remove_contents(void)
{
	static const char *const names[] = {"sys", "dev", "socket", "control", "new"};
	char path[4096];
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (snprintf(path, sizeof(path), "%s/%s", dir_path, names[i]) < (int)sizeof(path))
			nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	}
}

static int write_pid(const char *path)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(pid_fd, 0) || pwrite(pid_fd, text, (size_t)length, 0) != length) {
		log_error("cannot write %s/pid: %s", path, strerror(errno));
		return -1;
	}
	return 0;
}

int rundir_open(const char *path)
{
	if (open_directory(path) || lock_pid_file(path))
		goto err_close;
	remove_contents();
	if (write_pid(path)) {
		rundir_close();
		return -1;
	}
	return 0;

err_close:
	if (dir_fd >= 0)
		close(dir_fd);
	free(dir_path);
	dir_path = NULL;
	dir_fd = -1;
	return -1;
}

void rundir_close(void)
{
	if (dir_fd < 0)
		return;
	remove_contents();
	unlinkat(dir_fd, "pid", 0);
	close(pid_fd);
	if (dir_is_ours)
		rmdir(dir_path);
	close(dir_fd);
	free(dir_path);
	dir_fd = -1;
}
