// SPDX-License-Identifier: Apache-2.0
/*
 * wd-emulatord: an accelerator as a user process. Owns start and end of the
 * program: directory, devices, sockets, threads, in this order, and back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "connection.h"
#include "control.h"
#include "device.h"
#include "kernel_model.h"
#include "log.h"
#include "options.h"
#include "rundir.h"
#include "server.h"
#include "worker.h"

static uint64_t idle_exit_ns;

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t idle_service(uint64_t now_ns)
{
	uint64_t end_ns = server_idle_since_ns() + idle_exit_ns;

	if (!idle_exit_ns || server_clients())
		return NEVER_NS;
	if (now_ns >= end_ns)
		server_stop();
	return end_ns;
}

static uint64_t service(uint64_t now_ns)
{
	uint64_t next_ns = file_service(now_ns);

	next_ns = earlier(next_ns, device_service(now_ns));
	next_ns = earlier(next_ns, sched_service(now_ns));
	return earlier(next_ns, idle_service(now_ns));
}

/* A queue takes up to seven descriptors; the usual soft limit is soon reached. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/*
 * The parent waits for one byte from the child, so that its exit status says
 * whether the daemon serves. Returns the descriptor to write to, in the child.
 */
static int go_to_background(void)
{
	char byte;
	int ready[2];
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) || (pid = fork()) < 0) {
		log_error("cannot go to the background: %s", strerror(errno));
		exit(EXIT_FAILURE);
	}
	if (pid == 0) {
		close(ready[0]);
		setsid();
		return ready[1];
	}
	close(ready[1]);
	_exit(read(ready[0], &byte, 1) == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void close_terminal(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void tell_ready(int ready_fd, int background_fd)
{
	static const char text[] = "ready\n";

	if (ready_fd >= 0) {
		if (write(ready_fd, text, sizeof(text) - 1) < 0)
			log_error("--ready-fd: %s", strerror(errno));
		close(ready_fd);
	}
	if (background_fd >= 0) {
		if (write(background_fd, text, 1) < 0)
			log_error("the parent is gone: %s", strerror(errno));
		close(background_fd);
		close_terminal();
	}
}

static int plug_devices(const struct options *options)
{
	struct emu_device *dev;
	unsigned int i;
	int error = 0;

	for (i = 0; !error && i < options->device_count; i++)
		error = device_plug(&options->devices[i], &dev);
	return error;
}

static int bring_up(const struct options *options)
{
	int error = server_init();

	if (!error)
		error = sched_start(options->engines);
	if (!error)
		error = plug_devices(options);
	if (!error)
		error = connection_listen();
	if (!error)
		error = control_listen();
	if (error)
		log_error("cannot start: %s", strerror(error));
	return error;
}

static void bring_down(void)
{
	bool all_back;

	while (device_list)
		device_unplug(device_list);
	all_back = sched_stop();
	rundir_close();
	/* A worker stuck in a client's page fault holds memory: leave it to the kernel. */
	if (!all_back)
		_exit(EXIT_SUCCESS);
	connection_exit();
	control_exit();
	device_exit();
	server_exit();
}

static int run(const struct options *options)
{
	int background_fd = -1;

	if (options->background)
		background_fd = go_to_background();
	raise_descriptor_limit();
	if (rundir_open(options->dir))
		return EXIT_FAILURE;
	if (bring_up(options)) {
		bring_down();
		return EXIT_FAILURE;
	}
	tell_ready(options->ready_fd, background_fd);
	server_loop(service);
	bring_down();
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options options;
	int status;

	options_parse(&options, argc, argv);
	log_set_verbose(options.verbose);
	idle_exit_ns = options.idle_exit_s * NS_PER_S;
	status = run(&options);
	options_free(&options);
	return status;
}
