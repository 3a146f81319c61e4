// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the daemon behind one wd-emulate: where it and the library are found,
 * its start, the wait until it serves, and its end. The daemon makes its
 * directory and removes it; it is told to end when we die, however that happens.
 */
#include "config.h"

#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../protocol.h"
#include "deadline.h"

#define DAEMON_NAME "wd-emulatord"
#define SHIM_NAME "libwd-emulate.so"
#define START_TIMEOUT_MS 60000
#define STOP_TIMEOUT_MS 15000
#define STOP_LOOK_US 2000

void launch_fail(const char *format, ...)
{
	va_list args;

	fputs("wd-emulate: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_LAUNCH);
}

/* --- finding --- */

static char *join_path(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		launch_fail("out of memory");
	return path;
}

/* The first of @places, relative to @dir unless absolute, where the file is. */
static const char *find_file(const char *dir, const char *const *places, int mode)
{
	char *path;

	for (; *places; places++) {
		path = **places == '/' ? strdup(*places) : join_path(dir, *places);
		if (path && access(path, mode) == 0)
			return path;
		free(path);
	}
	return NULL;
}

void launch_find_programs(struct launch *launch)
{
	/* In the build tree first: its programs are not to meet installed ones. */
	static const char *const daemons[] = {"../device/" DAEMON_NAME, DAEMON_NAME,
					      BINDIR "/" DAEMON_NAME, NULL};
	static const char *const shims[] = {".libs/" SHIM_NAME, PKGLIBDIR "/" SHIM_NAME, NULL};
	char dir[PATH_MAX], *slash;
	ssize_t length = readlink("/proc/self/exe", dir, sizeof(dir) - 1);

	if (length < 0)
		launch_fail("cannot find out where I am: %s", strerror(errno));
	dir[length] = '\0';
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	launch->shim = find_file(dir, shims, R_OK);
	if (!launch->shim)
		launch_fail("cannot find " SHIM_NAME " (looked in " PKGLIBDIR ")");
	if (strpbrk(launch->shim, ": "))
		launch_fail("%s: a path with a colon or a space cannot be preloaded", launch->shim);
	if (!launch->daemon && !launch->join)
		launch->daemon = find_file(dir, daemons, X_OK);
	if (!launch->daemon && !launch->join)
		launch_fail("cannot find " DAEMON_NAME " (looked in " BINDIR ")");
}

/* --- a running daemon --- */

static bool answers(const char *dir)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool connected;

	/* By the descriptor, since the path may be too long for an address. */
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/control", at);
	connected = at >= 0 && fd >= 0 && !connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	if (fd >= 0)
		close(fd);
	if (at >= 0)
		close(at);
	return connected;
}

void launch_join(struct launch *launch)
{
	char *canonical = realpath(launch->dir, NULL);

	if (!canonical || !answers(canonical))
		launch_fail("%s: no " DAEMON_NAME " is running there", launch->dir);
	launch->dir = canonical;
}

/* --- a daemon of our own --- */

/* A name nobody can guess; the daemon makes the directory and refuses one that is not ours. */
static char *choose_dir(void)
{
	const char *parent = getenv("TMPDIR");
	uint64_t number;
	char *dir;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		launch_fail("no random numbers: %s", strerror(errno));
	if (!parent || *parent != '/')
		parent = "/tmp";
	if (asprintf(&dir, "%s/wd-emulate-%016llx", parent, (unsigned long long)number) < 0)
		launch_fail("out of memory");
	return dir;
}

static char *absolute(const char *path)
{
	char *cwd, *both;

	if (*path == '/')
		return strdup(path);
	cwd = getcwd(NULL, 0);
	if (!cwd)
		launch_fail("working directory: %s", strerror(errno));
	both = join_path(cwd, path);
	free(cwd);
	return both;
}

/* Nothing of ours but the messages. It is not to see the terminal's signals either. */
static void make_independent(const struct launch *launch, int ready, pid_t parent)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	if (ready > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned int)ready - 1, 0);
	close_range((unsigned int)ready + 1, UINT_MAX, 0);
	fcntl(ready, F_SETFD, 0);
	unsetenv("LD_PRELOAD");
	unsetenv(EMU_DIR_ENV);
	if (launch->keep)
		return;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_LAUNCH);
}

__attribute__((noreturn)) static void exec_daemon(const struct launch *launch, int ready,
						  pid_t parent)
{
	const char *argv[2 * LAUNCH_DEVICES_MAX + 16];
	unsigned int argc = 0, i;
	char number[16];

	make_independent(launch, ready, parent);
	snprintf(number, sizeof(number), "%d", ready);
	argv[argc++] = launch->daemon;
	argv[argc++] = "--foreground";
	argv[argc++] = "--dir";
	argv[argc++] = launch->dir;
	argv[argc++] = "--ready-fd";
	argv[argc++] = number;
	if (launch->verbose)
		argv[argc++] = "--verbose";
	for (i = 0; i < launch->device_count; i++) {
		argv[argc++] = "--device";
		argv[argc++] = launch->devices[i];
	}
	argv[argc] = NULL;
	execv(launch->daemon, (char **)(uintptr_t)argv);
	fprintf(stderr, "wd-emulate: %s: %s\n", launch->daemon, strerror(errno));
	_exit(EXIT_LAUNCH);
}

/* One byte says that it serves; the end of the pipe, that it does not. */
static bool wait_until_ready(int fd)
{
	struct deadline deadline = deadline_in_ms(START_TIMEOUT_MS);
	ssize_t got;
	char byte;

	do {
		if (!deadline_poll(&deadline, fd, POLLIN))
			return false;
		got = read(fd, &byte, 1);
	} while (got < 0 && errno == EINTR);
	return got == 1;
}

void launch_start(struct launch *launch)
{
	pid_t parent = getpid();
	int ready[2];

	launch->dir = launch->dir ? absolute(launch->dir) : choose_dir();
	if (pipe2(ready, O_CLOEXEC))
		launch_fail("pipe: %s", strerror(errno));
	launch->daemon_pid = fork();
	if (launch->daemon_pid < 0)
		launch_fail("cannot start another process: %s", strerror(errno));
	if (!launch->daemon_pid)
		exec_daemon(launch, ready[1], parent);
	close(ready[1]);
	if (!wait_until_ready(ready[0])) {
		/* It has said why. Its directory may be somebody else's: leave that alone. */
		kill(launch->daemon_pid, SIGTERM);
		launch_fail(DAEMON_NAME " did not start");
	}
	close(ready[0]);
	if (launch->verbose)
		fprintf(stderr, "wd-emulate: " DAEMON_NAME " %d in %s\n", (int)launch->daemon_pid,
			launch->dir);
}

/* *status as waitpid says. */
static bool has_ended(pid_t pid, int timeout_ms, int *status)
{
	struct deadline deadline = deadline_in_ms(timeout_ms);

	while (waitpid(pid, status, WNOHANG) == 0) {
		if (deadline_now_ns() > deadline.ns)
			return false;
		usleep(STOP_LOOK_US);
	}
	return true;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

/* What a daemon leaves that could not do it itself, and nothing else that may be there. */
static void remove_leavings(const char *dir)
{
	static const char *const names[] = {"socket", "control", "pid", "new", "sys", "dev"};
	char *path;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path = join_path(dir, names[i]);
		nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
		free(path);
	}
	rmdir(dir);
}

static void report_end(int status)
{
	if (WIFSIGNALED(status))
		fprintf(stderr, "wd-emulate: " DAEMON_NAME " was ended by signal %d\n",
			WTERMSIG(status));
	else
		fprintf(stderr, "wd-emulate: " DAEMON_NAME " ended with status %d\n",
			WEXITSTATUS(status));
}

void launch_stop(struct launch *launch)
{
	int status = 0;

	if (!launch->daemon_pid)
		return;
	if (launch->keep) {
		fprintf(stderr, "wd-emulate: " DAEMON_NAME " %d goes on in %s\n",
			(int)launch->daemon_pid, launch->dir);
		return;
	}
	kill(launch->daemon_pid, SIGTERM);
	if (!has_ended(launch->daemon_pid, STOP_TIMEOUT_MS, &status)) {
		kill(launch->daemon_pid, SIGKILL);
		has_ended(launch->daemon_pid, STOP_TIMEOUT_MS, &status);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	report_end(status);
	remove_leavings(launch->dir);
}
