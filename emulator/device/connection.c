// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the wire side of ../protocol.h: connections, requests with their answer
 * sockets, mapping tokens, and the peer's process descriptor. Translates packets
 * to calls of the kernel model and nothing else. All input is hostile: every
 * packet is copied once and checked, every send is non-blocking, and a client
 * that does not take its answers loses them.
 */
#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../protocol.h"
#include "kernel_model.h"
#include "log.h"
#include "server.h"

#define PACKETS_PER_TURN 16
#define CONNECTIONS_MAX 8192
#define FDS_MAX 4 /* room for more than we take, so that extra ones are seen and closed */

struct connection;

/* One descriptor of a connection; freed by the server. */
struct link {
	struct source source;
	struct connection *conn;
	enum file_region region; /* of a token */
};

struct connection {
	struct emu_file file;
	bool opened;
	struct link *socket;	      /* NULL: the last descriptor of the program is closed */
	struct link *process;	      /* opener's pidfd */
	struct link *tokens[REGIONS]; /* of the mappings that exist */
	int put_answer;		      /* where a PUT that waits is answered, -1 none */
	int pid, pidfd;		      /* until it is opened */
	struct connection *next, **self;
};

static struct source listener;
static struct connection *connections;

static struct link *link_new(struct connection *conn, int fd,
			     void (*handle)(struct source *, uint32_t))
{
	struct link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	link->source.fd = fd;
	link->source.handle = handle;
	link->conn = conn;
	if (server_add(&link->source, EPOLLIN)) {
		free(link);
		return NULL;
	}
	return link;
}

static void link_free(struct link *link)
{
	if (link)
		server_remove(&link->source);
}

static void connection_free(struct connection *conn)
{
	unsigned int i;

	link_free(conn->socket);
	link_free(conn->process);
	for (i = 0; i < REGIONS; i++)
		link_free(conn->tokens[i]);
	if (conn->pidfd >= 0)
		close(conn->pidfd);
	if (conn->put_answer >= 0)
		close(conn->put_answer);
	*conn->self = conn->next;
	if (conn->next)
		conn->next->self = conn->self;
	free(conn);
	server_client_left();
}

static void release_if_unused(struct connection *conn)
{
	unsigned int i;

	for (i = 0; i < REGIONS; i++) {
		if (conn->tokens[i])
			return;
	}
	if (conn->socket)
		return;
	if (conn->opened)
		file_release(&conn->file);
	else
		connection_free(conn);
}

static void hang_up(struct connection *conn)
{
	file_mute(&conn->file);
	server_remove(&conn->socket->source);
	conn->socket = NULL;
	release_if_unused(conn);
}

static int send_reply(int to, struct emu_reply *reply, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = reply, .iov_len = sizeof(*reply)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	reply->version = EMU_PROTOCOL_VERSION;
	if (fd >= 0) {
		msg.msg_control = control.space;
		msg.msg_controllen = sizeof(control.space);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	}
	return sendmsg(to, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(*reply) ? 0 : errno;
}

static void send_error(int to, int error)
{
	struct emu_reply reply = {.error = error};

	send_reply(to, &reply, -1);
}

/* The first descriptor that came along, or -1; all others are closed. */
static int take_fd(struct msghdr *msg)
{
	struct cmsghdr *head;
	size_t count, i;
	int taken = -1, fd;

	for (head = CMSG_FIRSTHDR(msg); head; head = CMSG_NXTHDR(msg, head)) {
		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < count; i++) {
			memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(fd));
			if (taken < 0)
				taken = fd;
			else
				close(fd);
		}
	}
	return taken;
}

enum received { RECEIVED, NOTHING_MORE, HUNG_UP, MALFORMED };

static enum received receive(int from, struct emu_request *request, int *fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = request, .iov_len = sizeof(*request)};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	ssize_t nbytes = recvmsg(from, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*fd = -1;
	if (nbytes < 0)
		return errno == EAGAIN || errno == EINTR ? NOTHING_MORE : HUNG_UP;
	*fd = take_fd(&msg);
	if (nbytes == 0)
		return HUNG_UP;
	if (nbytes != sizeof(*request) || msg.msg_flags & MSG_TRUNC ||
	    request->version != EMU_PROTOCOL_VERSION)
		return MALFORMED;
	return RECEIVED;
}

static void file_stopped(struct emu_file *file, enum stop_reason reason)
{
	struct connection *conn = (struct connection *)file;

	if (reason == STOP_RELEASE) {
		connection_free(conn);
		return;
	}
	send_error(conn->put_answer, 0);
	close(conn->put_answer);
	conn->put_answer = -1;
	if (conn->socket)
		server_modify(&conn->socket->source, EPOLLIN);
}

static void handle_process(struct source *source, uint32_t events)
{
	struct link *link = (struct link *)source;

	(void)events;
	link->conn->process = NULL;
	server_remove(source);
	file_mm_gone(&link->conn->file);
}

/* The queue keeps one process descriptor for its DMA, we wait on a second one. */
static int watch_process(struct connection *conn)
{
	int fd = fcntl(conn->pidfd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	conn->process = link_new(conn, fd, handle_process);
	if (conn->process)
		return 0;
	close(fd);
	return ENOMEM;
}

static int open_file(struct connection *conn, struct emu_request *request)
{
	int error;

	if (request->op != EMU_OPEN)
		return EPROTO;
	if (!memchr(request->name, '\0', sizeof(request->name)))
		return EINVAL;
	error = watch_process(conn);
	if (error)
		return error;
	conn->file.notify_fd = conn->socket->source.fd;
	conn->file.stopped = file_stopped;
	error = file_open(&conn->file, request->name, conn->pid, conn->pidfd);
	if (error)
		return error;
	conn->pidfd = -1;
	conn->opened = true;
	return 0;
}

static void do_ioctl(struct connection *conn, struct emu_request *request, int answer)
{
	struct emu_reply reply = {0};
	int error;

	error = file_ioctl(&conn->file, request->cmd, request->data);
	if (error == FILE_WAIT) {
		/* Nothing more is read from this client until the queue has stopped. */
		conn->put_answer = answer;
		server_modify(&conn->socket->source, 0);
		return;
	}
	reply.error = error;
	memcpy(reply.data, request->data, sizeof(reply.data));
	send_reply(answer, &reply, -1);
	close(answer);
}

static void handle_token(struct source *source, uint32_t events);

static void do_map(struct connection *conn, struct emu_request *request, int answer)
{
	struct emu_reply reply = {0};
	struct link *token = NULL;
	enum file_region region;
	int fd = -1;

	reply.error = file_map(&conn->file, request->value, request->length, &region, &fd);
	if (!reply.error) {
		token = link_new(conn, answer, handle_token);
		if (!token) {
			file_unmap(&conn->file, region);
			reply.error = ENOMEM;
		}
	}
	if (!token) {
		send_reply(answer, &reply, -1);
		close(answer);
		return;
	}
	token->region = region;
	conn->tokens[region] = token;
	/* Should the answer get lost, the client's end closes and with it the mapping. */
	send_reply(answer, &reply, fd);
}

static void do_poll(struct connection *conn, int answer)
{
	struct emu_reply reply = {.value = file_poll(&conn->file)};

	send_reply(answer, &reply, -1);
	close(answer);
}

static void dispatch(struct connection *conn, struct emu_request *request, int answer)
{
	switch (request->op) {
	case EMU_IOCTL:
		do_ioctl(conn, request, answer);
		break;
	case EMU_MAP:
		do_map(conn, request, answer);
		break;
	case EMU_POLL:
		do_poll(conn, answer);
		break;
	default:
		send_error(answer, EPROTO);
		close(answer);
	}
}

/* First packet; false: the connection is gone. */
static bool handle_open(struct connection *conn, struct emu_request *request, bool sound)
{
	int error = sound ? open_file(conn, request) : EPROTO;

	send_error(conn->socket->source.fd, error);
	if (error)
		hang_up(conn);
	return !error;
}

/* One packet; false: no more for now. */
static bool handle_packet(struct connection *conn)
{
	struct emu_request request;
	enum received received;
	int answer;

	received = receive(conn->socket->source.fd, &request, &answer);
	if (received == NOTHING_MORE)
		return false;
	if (received == HUNG_UP) {
		if (answer >= 0)
			close(answer);
		hang_up(conn);
		return false;
	}
	if (!conn->opened) {
		if (answer >= 0)
			close(answer);
		return handle_open(conn, &request, received == RECEIVED);
	}
	if (answer < 0)
		return true; /* nowhere to answer */
	if (received == MALFORMED) {
		send_error(answer, EPROTO);
		close(answer);
		return true;
	}
	dispatch(conn, &request, answer);
	return conn->put_answer < 0;
}

static void handle_socket(struct source *source, uint32_t events)
{
	struct connection *conn = ((struct link *)source)->conn;
	unsigned int i;

	if (conn->put_answer >= 0) {
		if (events & (EPOLLHUP | EPOLLERR))
			hang_up(conn);
		return;
	}
	for (i = 0; i < PACKETS_PER_TURN; i++) {
		if (!handle_packet(conn))
			break;
	}
}

static void do_load(struct connection *conn, const struct emu_request *request, int answer)
{
	struct emu_reply reply = {0};

	reply.error = file_load(&conn->file, request->offset, request->cmd, &reply.value);
	send_reply(answer, &reply, -1);
}

static void close_token(struct link *token)
{
	struct connection *conn = token->conn;

	file_unmap(&conn->file, token->region);
	conn->tokens[token->region] = NULL;
	server_remove(&token->source);
	release_if_unused(conn);
}

static void handle_token(struct source *source, uint32_t events)
{
	struct link *token = (struct link *)source;
	struct emu_request request;
	enum received received;
	unsigned int i;
	int fd;

	(void)events;
	for (i = 0; i < PACKETS_PER_TURN; i++) {
		received = receive(source->fd, &request, &fd);
		if (fd >= 0)
			close(fd);
		if (received == HUNG_UP)
			close_token(token);
		if (received == HUNG_UP || received == NOTHING_MORE)
			return;
		if (received == MALFORMED || token->region != REGION_MMIO)
			continue;
		if (request.op == EMU_STORE)
			file_store(&token->conn->file, request.offset, request.cmd, request.value);
		else if (request.op == EMU_LOAD)
			do_load(token->conn, &request, source->fd);
	}
}

static void handle_listener(struct source *source, uint32_t events)
{
	struct connection *conn = calloc(1, sizeof(*conn));
	int fd;

	(void)events;
	if (!conn)
		return;
	conn->put_answer = -1;
	conn->file.notify_fd = -1;
	fd = server_accept(source, &conn->pid, &conn->pidfd);
	if (fd < 0)
		goto err_free;
	if (server_clients() < CONNECTIONS_MAX)
		conn->socket = link_new(conn, fd, handle_socket);
	if (!conn->socket)
		goto err_close;
	conn->self = &connections;
	conn->next = connections;
	if (conn->next)
		conn->next->self = &conn->next;
	connections = conn;
	server_client_came();
	return;

err_close:
	close(conn->pidfd);
	close(fd);
err_free:
	free(conn);
}

int connection_listen(void)
{
	listener.handle = handle_listener;
	return server_listen(&listener, SOCK_SEQPACKET, "socket");
}

void connection_exit(void)
{
	while (connections)
		connection_free(connections);
	close(listener.fd);
}
