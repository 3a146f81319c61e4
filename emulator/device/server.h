/* SPDX-License-Identifier: Apache-2.0 */
/* The main thread's event loop. */
#ifndef EMULATOR_SERVER_H
#define EMULATOR_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/* Something with a descriptor to wait for; embed it as the first member. */
struct source {
	int fd;
	void (*handle)(struct source *source, uint32_t events);
	struct source *dead_next;
	bool dead;
};

/* 0 or a positive errno. */
int server_init(void);
void server_exit(void);
int server_add(struct source *source, uint32_t events);
int server_modify(struct source *source, uint32_t events);
/* Stop waiting, close the descriptor; the object is freed when no event can name it. */
void server_remove(struct source *source);
/* Wake the loop from another thread: some queue went quiet. */
void server_poke(void);
void server_stop(void);
/* Returns when server_stop() was called. @service: does what is due, returns when it is next. */
void server_loop(uint64_t (*service)(uint64_t now_ns));

/* Listening socket NAME in the emulator's directory; 0 or a positive errno. */
int server_listen(struct source *source, int type, const char *name);
/* Next connection, non-blocking, of a peer with our user id; -1 none. *pid and *pidfd of the peer.
 */
int server_accept(struct source *listener, int *pid, int *pidfd);
/* Connections open at the moment, and when the number was last zero or above. */
void server_client_came(void);
void server_client_left(void);
unsigned int server_clients(void);
uint64_t server_idle_since_ns(void);

#endif
