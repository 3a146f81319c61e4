// SPDX-License-Identifier: Apache-2.0
/*
 * wd-emulate: runs a command with emulated accelerators. Owns the command line,
 * the command's environment and its exit status; the daemon is start_daemon.c's.
 */
#include "config.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../protocol.h"
#include "launch.h"

/* The C library looks it up by name. */
__attribute__((visibility("default"))) const char *argp_program_version =
	"wd-emulate (" PACKAGE_NAME ") " PACKAGE_VERSION;

enum { OPTION_DAEMON = 256, OPTION_SHIM };

static const struct argp_option option_table[] = {
	{"device", 'D', "SPEC", 0,
	 "Emulate this device, KIND[,KEY=VALUE]... as wd-emulatord --help explains it; may be "
	 "given "
	 "several times (default: one zip)",
	 0},
	{"dir", 'd', "DIR", 0, "Directory of the daemon (default: a fresh one in $TMPDIR)", 0},
	{"join", 'j', "DIR", 0,
	 "Use the daemon that is running in DIR instead of starting one (default, if no --device "
	 "is "
	 "given: $" EMU_DIR_ENV ")",
	 0},
	{"daemon", OPTION_DAEMON, "PATH", 0, "Program to start as daemon", 0},
	{"keep", 'k', NULL, 0, "Leave the daemon running when COMMAND has ended", 0},
	{"verbose", 'v', NULL, 0, "Say where the daemon is, and let it report", 0},
	{0},
};

static void set_join(struct argp_state *state, struct launch *launch, const char *dir)
{
	if (!*dir)
		argp_error(state, "--join: the directory's name is empty");
	launch->dir = dir;
	launch->join = true;
}

static void check_options(struct argp_state *state, struct launch *launch)
{
	const char *inherited = getenv(EMU_DIR_ENV);

	if (launch->join && (launch->device_count || launch->daemon || launch->keep))
		argp_error(state, "--join goes with none of --device, --daemon and --keep");
	if (!launch->dir && !launch->device_count && inherited && *inherited) {
		launch->dir = inherited;
		launch->join = true;
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct launch *launch = state->input;

	switch (key) {
	case 'D':
		if (launch->device_count == LAUNCH_DEVICES_MAX)
			argp_error(state, "more than %d devices", LAUNCH_DEVICES_MAX);
		launch->devices[launch->device_count++] = arg;
		return 0;
	case 'd':
		if (launch->dir)
			argp_error(state, "--dir and --join exclude each other");
		launch->dir = arg;
		return 0;
	case 'j':
		if (launch->dir)
			argp_error(state, "--dir and --join exclude each other");
		set_join(state, launch, arg);
		return 0;
	case OPTION_DAEMON:
		launch->daemon = arg;
		return 0;
	case 'k':
		launch->keep = true;
		return 0;
	case 'v':
		launch->verbose = true;
		return 0;
	case ARGP_KEY_ARG:
		/* The first one ends our options: what follows is the command's. */
		launch->command = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (!launch->command)
			argp_error(state, "which command?");
		check_options(state, launch);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void parse_options(struct launch *launch, int argc, char **argv)
{
	static const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.args_doc = "[--] COMMAND [ARG...]",
		.doc = "Run COMMAND with emulated accelerators.\vThe devices are seen by COMMAND "
		       "and "
		       "its children, as files in /dev and /sys/class/uacce. They end with "
		       "COMMAND.\n\nExit status: that of COMMAND, 128+N if signal N ended it; 126 "
		       "if COMMAND cannot be run, 127 if there is none, 125 if wd-emulate itself "
		       "fails.",
	};

	argp_err_exit_status = EXIT_LAUNCH;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, launch);
}

/* NAME=OLD<separator>VALUE, or NAME=VALUE when there was none. */
static void append_env(const char *name, char separator, const char *value)
{
	const char *old = getenv(name);
	char *both = NULL;

	if (old && *old) {
		if (asprintf(&both, "%s%c%s", old, separator, value) < 0)
			both = NULL;
	} else {
		both = strdup(value);
	}
	if (!both || setenv(name, both, 1))
		launch_fail("out of memory");
	free(both);
}

static bool is_preloaded(const char *shim)
{
	const char *list = getenv("LD_PRELOAD");
	const char *found = list ? strstr(list, shim) : NULL;
	size_t length = strlen(shim);

	return found && (found == list || strchr(": ", found[-1])) &&
	       (!found[length] || strchr(": ", found[length]));
}

static void set_environment(const struct launch *launch)
{
	if (!is_preloaded(launch->shim))
		append_env("LD_PRELOAD", ':', launch->shim);
	if (setenv(EMU_DIR_ENV, launch->dir, 1) ||
	    /* libudev of systemd 254 and later otherwise insists on a real sysfs. */
	    setenv("SYSTEMD_DEVICE_VERIFY_SYSFS", "0", 1))
		launch_fail("out of memory");
	/* Programs built with the address sanitizer want their library to be the first. */
	append_env("ASAN_OPTIONS", ':', "verify_asan_link_order=0");
}

static pid_t start_command(const struct launch *launch, const sigset_t *mask)
{
	pid_t pid = fork();
	int error;

	if (pid)
		return pid;
	set_environment(launch);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(launch->command[0], launch->command);
	error = errno;
	fprintf(stderr, "wd-emulate: %s: %s\n", launch->command[0], strerror(error));
	_exit(error == ENOENT ? EXIT_NO_COMMAND : EXIT_CANNOT_RUN);
}

/* True: the command has ended, with *status as waitpid says. */
static bool look_after(pid_t pid, int *status)
{
	pid_t changed;

	while ((changed = waitpid(pid, status, WNOHANG | WUNTRACED)) > 0) {
		if (!WIFSTOPPED(*status))
			return true;
		/* Stop like it, so that the shell sees it. */
		raise(SIGSTOP);
		kill(pid, SIGCONT);
	}
	return changed < 0 && errno == ECHILD;
}

/*
 * Signals are passed on, but for those that the terminal has sent to the
 * command as well. The daemon's end is noticed here too, and is not ours.
 */
static int wait_for_command(pid_t pid, const sigset_t *all)
{
	siginfo_t info;
	int status = 0, sig;

	for (;;) {
		if (look_after(pid, &status))
			return status;
		sig = sigwaitinfo(all, &info);
		if (sig > 0 && sig != SIGCHLD && info.si_code <= 0)
			kill(pid, sig);
	}
}

static int run_command(const struct launch *launch)
{
	sigset_t all, mask;
	pid_t pid;
	int status;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	/* Ignored, it would take the exit status away. */
	signal(SIGCHLD, SIG_DFL);
	pid = start_command(launch, &mask);
	if (pid < 0)
		fprintf(stderr, "wd-emulate: cannot start another process: %s\n", strerror(errno));
	status = pid < 0 ? EXIT_LAUNCH << 8 : wait_for_command(pid, &all);
	return status;
}

static int end_like(int status)
{
	const struct rlimit no_core = {0, 0};
	sigset_t set;

	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	/* The command has left the core dump worth having. */
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, WTERMSIG(status));
	raise(WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	struct launch launch = {0};
	int status;

	parse_options(&launch, argc, argv);
	launch_find_programs(&launch);
	if (launch.join)
		launch_join(&launch);
	else
		launch_start(&launch);
	status = run_command(&launch);
	launch_stop(&launch);
	return end_like(status);
}
