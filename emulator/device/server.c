// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the main thread's waiting: epoll, accepting connections of our own user,
 * waking up for workers and for deadlines. No call here or in a handler may
 * block on a client. An object that is removed while events are handed out is
 * freed only after the round, since a later event of the round may name it.
 */
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "rundir.h"

#define EVENTS_MAX 64
#define LISTEN_BACKLOG 256
/* Out of descriptors: leave the waiting connections alone for a moment. */
#define ACCEPT_PAUSE_NS (50 * NS_PER_MS)

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static int epoll_fd = -1;
static struct source poke_source, signal_source;
static struct source *dead_sources;
static struct source *paused_listener[2];
static uint64_t pause_until_ns = NEVER_NS;
static bool stopping;
static unsigned int clients;
static uint64_t idle_since_ns;

int server_add(struct source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	source->dead = false;
	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, source->fd, &event) ? errno : 0;
}

int server_modify(struct source *source, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = source};

	return epoll_ctl(epoll_fd, EPOLL_CTL_MOD, source->fd, &event) ? errno : 0;
}

void server_remove(struct source *source)
{
	if (source->dead)
		return;
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	close(source->fd);
	source->fd = -1;
	source->dead = true;
	source->dead_next = dead_sources;
	dead_sources = source;
}

static void free_dead_sources(void)
{
	struct source *source;

	while (dead_sources) {
		source = dead_sources;
		dead_sources = source->dead_next;
		free(source);
	}
}

static void handle_poke(struct source *source, uint32_t events)
{
	uint64_t count;

	(void)events;
	/* Only to be quiet again: whoever waits is looked at after every round. */
	if (read(source->fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log_error("eventfd: %s", strerror(errno));
}

void server_poke(void)
{
	uint64_t one = 1;

	/* EAGAIN: the counter is full, so the loop is awake anyway. */
	if (write(poke_source.fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_error("eventfd: %s", strerror(errno));
}

static void handle_signal(struct source *source, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	while (read(source->fd, &info, sizeof(info)) == sizeof(info))
		stopping = true;
}

static int open_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int server_init(void)
{
	int error;

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	poke_source.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	poke_source.handle = handle_poke;
	signal_source.fd = open_signals();
	signal_source.handle = handle_signal;
	if (epoll_fd < 0 || poke_source.fd < 0 || signal_source.fd < 0)
		return errno;
	error = server_add(&poke_source, EPOLLIN);
	if (!error)
		error = server_add(&signal_source, EPOLLIN);
	idle_since_ns = clock_now_ns();
	return error;
}

void server_exit(void)
{
	free_dead_sources();
	close(signal_source.fd);
	close(poke_source.fd);
	close(epoll_fd);
}

void server_stop(void)
{
	stopping = true;
}

static void resume_listeners(uint64_t now_ns)
{
	unsigned int i;

	if (now_ns < pause_until_ns)
		return;
	pause_until_ns = NEVER_NS;
	for (i = 0; i < 2; i++) {
		if (paused_listener[i])
			server_modify(paused_listener[i], EPOLLIN);
		paused_listener[i] = NULL;
	}
}

static int timeout_until(uint64_t when_ns)
{
	uint64_t now_ns = clock_now_ns();

	if (when_ns == NEVER_NS)
		return -1;
	if (when_ns <= now_ns)
		return 0;
	when_ns = (when_ns - now_ns) / NS_PER_MS + 1;
	return when_ns > 60000 ? 60000 : (int)when_ns;
}

void server_loop(uint64_t (*service)(uint64_t now_ns))
{
	struct epoll_event events[EVENTS_MAX];
	struct source *source;
	uint64_t next_ns;
	int i, count;

	while (!stopping) {
		resume_listeners(clock_now_ns());
		next_ns = service(clock_now_ns());
		free_dead_sources();
		if (stopping)
			break;
		if (pause_until_ns < next_ns)
			next_ns = pause_until_ns;
		count = epoll_wait(epoll_fd, events, EVENTS_MAX, timeout_until(next_ns));
		for (i = 0; i < count; i++) {
			source = events[i].data.ptr;
			if (!source->dead)
				source->handle(source, events[i].events);
		}
	}
}

/*
 * Bound by way of the directory's descriptor, so that the length of the
 * directory's path does not matter.
 */
int server_listen(struct source *source, int type, const char *name)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int error;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/%s", rundir_fd(), name);
	source->fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (source->fd < 0)
		return errno;
	if (bind(source->fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    fchmodat(rundir_fd(), name, 0600, 0) || listen(source->fd, LISTEN_BACKLOG))
		error = errno;
	else
		error = server_add(source, EPOLLIN);
	if (error)
		close(source->fd);
	return error;
}

static void pause_listener(struct source *listener)
{
	unsigned int i = paused_listener[0] && paused_listener[0] != listener;

	log_error("no descriptor left for a new client");
	paused_listener[i] = listener;
	pause_until_ns = clock_now_ns() + ACCEPT_PAUSE_NS;
	server_modify(listener, 0);
}

/* The process at the other end, exactly: not one that got its number later. */
static int peer_pidfd(int fd, pid_t pid)
{
	socklen_t length = sizeof(int);
	int pidfd = -1;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &length) == 0)
		return pidfd;
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int server_accept(struct source *listener, int *pid, int *pidfd)
{
	socklen_t length = sizeof(struct ucred);
	struct ucred peer;
	int fd;

	fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			pause_listener(listener);
		return -1;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) ||
	    (peer.uid != geteuid() && peer.uid != 0)) {
		log_error("connection of another user refused");
		close(fd);
		return -1;
	}
	if (!pidfd)
		return fd;
	*pid = peer.pid;
	*pidfd = peer_pidfd(fd, peer.pid);
	if (*pidfd < 0) {
		log_info("client %d is gone already", (int)peer.pid);
		close(fd);
		return -1;
	}
	return fd;
}

void server_client_came(void)
{
	clients++;
}

void server_client_left(void)
{
	clients--;
	idle_since_ns = clock_now_ns();
}

unsigned int server_clients(void)
{
	return clients;
}

uint64_t server_idle_since_ns(void)
{
	return idle_since_ns;
}
