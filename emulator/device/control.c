// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the control connections and their lines. A command is a word of the
 * table in command.c; its answer is "ok ..." or "error NAME text". A peer that
 * sends a line too long or does not take its answers is cut off.
 */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command.h"
#include "device.h"
#include "server.h"

#define LINE_MAX_NBYTES 1024

struct control {
	struct source source;
	char line[LINE_MAX_NBYTES];
	size_t line_nbytes;
	char *answer; /* what is still to be sent */
	size_t answer_nbytes, answer_sent;
	bool waiting; /* for a reset to end */
	struct control *next, **self;
};

static struct source listener;
static struct control *controls;

static void control_close(struct control *control)
{
	device_forget_reset_waiter(control);
	free(control->answer);
	control->answer = NULL;
	*control->self = control->next;
	if (control->next)
		control->next->self = control->self;
	server_remove(&control->source);
	server_client_left();
}

static void send_answer(struct control *control)
{
	ssize_t sent;

	while (control->answer_sent < control->answer_nbytes) {
		sent = send(control->source.fd, control->answer + control->answer_sent,
			    control->answer_nbytes - control->answer_sent,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno == EAGAIN) {
			server_modify(&control->source, EPOLLOUT);
			return;
		}
		if (sent < 0) {
			control_close(control);
			return;
		}
		control->answer_sent += (size_t)sent;
	}
	free(control->answer);
	control->answer = NULL;
	server_modify(&control->source, EPOLLIN);
}

static void set_answer(struct control *control, char *answer)
{
	control->answer = answer;
	control->answer_nbytes = answer ? strlen(answer) : 0;
	control->answer_sent = 0;
	if (answer)
		send_answer(control);
	else
		control_close(control);
}

static void run_next_line(struct control *control);

static void reset_is_done(void *arg)
{
	struct control *control = arg;

	control->waiting = false;
	set_answer(control, command_answer(0));
	if (!control->source.dead)
		run_next_line(control);
}

static void run_line(struct control *control, char *line)
{
	char *answer = command_run(line, reset_is_done, control);

	if (answer == COMMAND_WAIT) {
		control->waiting = true;
		server_modify(&control->source, 0);
		return;
	}
	set_answer(control, answer);
}

/* All complete lines, one after the other; stops while an answer is under way. */
static void run_next_line(struct control *control)
{
	char line[LINE_MAX_NBYTES];
	size_t nbytes;
	char *end;

	while (!control->source.dead && !control->answer && !control->waiting) {
		end = memchr(control->line, '\n', control->line_nbytes);
		if (!end)
			break;
		nbytes = (size_t)(end - control->line) + 1;
		memcpy(line, control->line, nbytes);
		line[nbytes - 1] = '\0';
		control->line_nbytes -= nbytes;
		memmove(control->line, end + 1, control->line_nbytes);
		run_line(control, line);
	}
	if (!control->source.dead && control->line_nbytes == sizeof(control->line))
		control_close(control);
}

static void handle_input(struct control *control)
{
	ssize_t nbytes = recv(control->source.fd, control->line + control->line_nbytes,
			      sizeof(control->line) - control->line_nbytes, MSG_DONTWAIT);

	if (nbytes == 0 || (nbytes < 0 && errno != EAGAIN && errno != EINTR)) {
		control_close(control);
		return;
	}
	if (nbytes < 0)
		return;
	control->line_nbytes += (size_t)nbytes;
	run_next_line(control);
}

static void handle_control(struct source *source, uint32_t events)
{
	struct control *control = (struct control *)source;

	if (control->waiting || events & EPOLLERR) {
		if (events & (EPOLLHUP | EPOLLERR))
			control_close(control);
		return;
	}
	if (control->answer) {
		send_answer(control);
		if (!control->source.dead)
			run_next_line(control);
		return;
	}
	handle_input(control);
}

static void handle_listener(struct source *source, uint32_t events)
{
	struct control *control;
	int fd;

	(void)events;
	fd = server_accept(source, NULL, NULL);
	if (fd < 0)
		return;
	control = calloc(1, sizeof(*control));
	if (!control)
		goto err_close;
	control->source.fd = fd;
	control->source.handle = handle_control;
	if (server_add(&control->source, EPOLLIN))
		goto err_free;
	control->self = &controls;
	control->next = controls;
	if (control->next)
		control->next->self = &control->next;
	controls = control;
	server_client_came();
	return;

err_free:
	free(control);
err_close:
	close(fd);
}

int control_listen(void)
{
	listener.handle = handle_listener;
	return server_listen(&listener, SOCK_STREAM, "control");
}

void control_exit(void)
{
	while (controls)
		control_close(controls);
	close(listener.fd);
}
