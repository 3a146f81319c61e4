// SPDX-License-Identifier: Apache-2.0
/*
 * Writing output, and its way from a temporary name to its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "output.h"
#include "progress.h"
#include "report.h"

/* --------------------------------------------------------------- signals */

static const int fatal_signals[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGXCPU };

#define NSIGNALS (sizeof(fatal_signals) / sizeof(fatal_signals[0]))

/* The temporary file of the moment. Changed only while the signals are blocked. */
static const char *volatile doomed;

static void clean_up(int sig)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	if (doomed)
		unlink(doomed);
	/* End as if it had not been caught: the caller sees which signal it was. */
	sigaction(sig, &action, NULL);
	raise(sig);
}

void output_catch_signals(void)
{
	struct sigaction action = { .sa_handler = clean_up }, old;

	for (size_t i = 0; i < NSIGNALS; i++)
		sigaddset(&action.sa_mask, fatal_signals[i]);
	for (size_t i = 0; i < NSIGNALS; i++)
		if (!sigaction(fatal_signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(fatal_signals[i], &action, NULL);
	signal(SIGXFSZ, SIG_IGN); /* then write() fails and it can be said why */
}

static void block_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < NSIGNALS; i++)
		sigaddset(&set, fatal_signals[i]);
	pthread_sigmask(SIG_BLOCK, &set, old);
}

/* --------------------------------------------------------------- opening */

void output_discard(struct output *out)
{
	*out = (struct output){ .fd = -1, .name = "nothing", .discard = true };
}

void output_stdout(struct output *out)
{
	*out = (struct output){ .fd = STDOUT_FILENO, .name = "stdout" };
}

static bool person_agrees(const char *path)
{
	int c, answer;

	if (!isatty(STDIN_FILENO))
		return false;
	progress_hide();
	fprintf(stderr, "wd_zip: %s already exists; do you wish to overwrite (y or n)? ", path);
	fflush(stderr);
	answer = c = getchar();
	while (c != '\n' && c != EOF)
		c = getchar();
	return answer == 'y' || answer == 'Y';
}

/* May the name be used: 0, or -1 and it has been said why not. */
static int check_name(struct output *out, const struct options *o)
{
	struct stat st;

	out->replace = o->force;
	if (lstat(out->path, &st))
		return 0; /* what else is wrong with it will show when it is made */
	if (S_ISDIR(st.st_mode)) {
		report_error(out->name, "is a directory");
		return -1;
	}
	if (!out->replace)
		out->replace = person_agrees(out->path);
	if (!out->replace) {
		report_warning(out->name, "already exists -- not overwritten");
		return -1;
	}
	return 0;
}

/* Directory of @path with its slash; a length of 0 is the current directory. */
static int directory_nbytes(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash - path) + 1 : 0;
}

static int make_temporary(struct output *out)
{
	sigset_t old;
	int error;

	if (asprintf(&out->temporary, "%.*s.wd_zip-XXXXXX", directory_nbytes(out->path),
		     out->path) < 0) {
		out->temporary = NULL;
		errno = ENOMEM;
		return -1;
	}
	block_signals(&old);
	out->fd = mkostemp(out->temporary, O_CLOEXEC);
	error = errno;
	if (out->fd >= 0)
		doomed = out->temporary;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = error;
	return out->fd < 0 ? -1 : 0;
}

static void forget(struct output *out)
{
	doomed = NULL;
	free(out->temporary);
	out->temporary = NULL;
	out->path = NULL;
	out->fd = -1;
}

int output_open(struct output *out, const char *path, const struct options *o)
{
	*out = (struct output){ .fd = -1, .path = path, .name = path };
	if (check_name(out, o))
		goto err_forget;
	if (make_temporary(out)) {
		report_error(out->name, "cannot be written: %s", strerror(errno));
		goto err_forget;
	}
	return 0;

err_forget:
	forget(out);
	return -1;
}

int output_write(struct output *out, const void *data, size_t nbytes)
{
	const char *p = data;

	out->nbytes += nbytes;
	while (nbytes && !out->discard) {
		ssize_t n = write(out->fd, p, nbytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			report_error(out->name, "%s", strerror(errno));
			return -1;
		}
		p += n;
		nbytes -= (size_t)n;
	}
	return 0;
}

/* ------------------------------------------------------------ completion */

/*
 * As gzip does: what cannot be given is left, but no right is given to a group
 * or owner that is not the one it was meant for.
 */
static void copy_attributes(const struct output *out, const struct input *in, time_t mtime)
{
	struct timespec times[2] = { in->st.st_atim, in->st.st_mtim };
	mode_t mode = in->st.st_mode & 0777;

	if (mtime)
		times[1] = (struct timespec){ .tv_sec = mtime };
	if (fchown(out->fd, (uid_t)-1, in->st.st_gid))
		mode &= 0707;
	if (fchmod(out->fd, mode))
		report_warning(out->name, "mode not kept: %s", strerror(errno));
	if (fchown(out->fd, in->st.st_uid, (gid_t)-1) && geteuid() == 0)
		report_warning(out->name, "owner not kept: %s", strerror(errno));
	if (futimens(out->fd, times))
		report_warning(out->name, "times not kept: %s", strerror(errno));
}

static int take_name(const struct output *out)
{
	if (out->replace)
		return rename(out->temporary, out->path);
	/* Somebody may have made a file of that name meanwhile: it stays. */
	if (!renameat2(AT_FDCWD, out->temporary, AT_FDCWD, out->path, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (link(out->temporary, out->path))
		return -1;
	unlink(out->temporary);
	return 0;
}

/* The name is as durable as the data, before the input goes. */
static int sync_directory(const char *path)
{
	int n = directory_nbytes(path), fd, rc;
	char *dir = strndup(path, (size_t)n);

	if (!dir) {
		errno = ENOMEM;
		return -1;
	}
	fd = open(n ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd < 0)
		return errno == EACCES ? 0 : -1; /* writable but not readable */
	rc = fsync(fd);
	close(fd);
	return rc && errno != EINVAL ? -1 : 0;
}

static int commit_file(struct output *out, const struct input *in, time_t mtime)
{
	sigset_t old;
	int rc;

	copy_attributes(out, in, mtime);
	rc = fsync(out->fd);
	if (close(out->fd) || rc) {
		out->fd = -1;
		report_error(out->name, "%s", strerror(errno));
		return -1;
	}
	out->fd = -1;
	block_signals(&old);
	rc = take_name(out);
	if (!rc)
		doomed = NULL;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc && errno == EEXIST) {
		report_warning(out->name, "already exists -- not overwritten");
		return -1;
	}
	if (rc || sync_directory(out->path)) {
		report_error(out->name, "%s", strerror(errno));
		return -1;
	}
	return 0;
}

int output_commit(struct output *out, const struct input *in, time_t mtime)
{
	int rc;

	if (!out->path)
		return 0;
	rc = commit_file(out, in, mtime);
	if (rc)
		output_abort(out);
	else
		forget(out);
	return rc;
}

void output_abort(struct output *out)
{
	sigset_t old;

	if (!out->path)
		return;
	if (out->fd >= 0)
		close(out->fd);
	block_signals(&old);
	unlink(out->temporary);
	forget(out);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}
