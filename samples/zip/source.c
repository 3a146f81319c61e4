// SPDX-License-Identifier: Apache-2.0
/*
 * Reading ahead into a few buffers. Each has room in front of what is read into
 * it, where what was left of the one before is put, so that the two join.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "source.h"

#define BUFFERS 3u
#define READ_NBYTES (1u << 20)

struct buffer {
	uint8_t *memory; /* SOURCE_PEEK_MAX, then READ_NBYTES */
	size_t nbytes;	 /* read */
	int error;	 /* errno of reading */
};

struct source {
	const struct input *in;
	pthread_t reader;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct buffer buffers[BUFFERS];
	unsigned int filled; /* buffers read so far */
	unsigned int freed;  /* buffers given back so far */
	bool stop;

	/* of the thread that decompresses */
	bool holds; /* buffer number freed is in its hands */
	bool ended;
	int error;
	const uint8_t *next, *end;
	uint64_t taken;
};

static bool wait_for_room(struct source *s)
{
	bool go_on;

	pthread_mutex_lock(&s->lock);
	while (s->filled - s->freed == BUFFERS && !s->stop)
		pthread_cond_wait(&s->changed, &s->lock);
	go_on = !s->stop;
	pthread_mutex_unlock(&s->lock);
	return go_on;
}

static void *reader(void *arg)
{
	struct source *s = arg;
	int state;

	/* Only in read(): nowhere else does it take longer than it should. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	while (wait_for_room(s)) {
		struct buffer *b = &s->buffers[s->filled % BUFFERS];
		bool at_end;
		ssize_t n;

		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
		n = input_read(s->in, b->memory + SOURCE_PEEK_MAX, READ_NBYTES);
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);

		b->error = n < 0 ? errno : 0;
		b->nbytes = n < 0 ? 0 : (size_t)n;
		at_end = b->nbytes < READ_NBYTES;
		pthread_mutex_lock(&s->lock);
		s->filled++;
		pthread_cond_signal(&s->changed);
		pthread_mutex_unlock(&s->lock);
		if (at_end)
			break;
	}
	return NULL;
}

static int start_reader(struct source *s)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&s->reader, NULL, reader, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

static void source_free(struct source *s)
{
	for (unsigned int i = 0; i < BUFFERS; i++)
		free(s->buffers[i].memory);
	free(s);
}

struct source *source_open(const struct input *in)
{
	struct source *s = calloc(1, sizeof(*s));
	int rc = ENOMEM;

	if (!s)
		return NULL;
	for (unsigned int i = 0; i < BUFFERS; i++) {
		s->buffers[i].memory = malloc(SOURCE_PEEK_MAX + READ_NBYTES);
		if (!s->buffers[i].memory)
			goto err_free;
	}
	s->in = in;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	rc = start_reader(s);
	if (!rc)
		return s;
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
err_free:
	source_free(s);
	errno = rc;
	return NULL;
}

/* The reader may be in a read() of a pipe that nobody writes to: that is not waited for. */
void source_close(struct source *s)
{
	bool reads;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	reads = !s->ended && !S_ISREG(s->in->st.st_mode);
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	if (reads)
		pthread_cancel(s->reader);
	pthread_join(s->reader, NULL);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	source_free(s);
}

/* The next buffer, with what is left of the present one in front of it. */
static void advance(struct source *s)
{
	size_t left = (size_t)(s->end - s->next);
	struct buffer *b;
	uint8_t *joined;

	pthread_mutex_lock(&s->lock);
	while (s->filled == s->freed + s->holds)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
	b = &s->buffers[(s->freed + s->holds) % BUFFERS];
	joined = b->memory + SOURCE_PEEK_MAX - left;
	if (left)
		memcpy(joined, s->next, left);
	s->next = joined;
	s->end = b->memory + SOURCE_PEEK_MAX + b->nbytes;
	s->error = b->error;
	s->ended = b->nbytes < READ_NBYTES;
	if (s->holds) {
		pthread_mutex_lock(&s->lock);
		s->freed++;
		pthread_cond_signal(&s->changed);
		pthread_mutex_unlock(&s->lock);
	}
	s->holds = true;
}

ssize_t source_peek(struct source *s, size_t need, const uint8_t **data)
{
	while ((size_t)(s->end - s->next) < need && !s->ended)
		advance(s);
	*data = s->next;
	if (s->next == s->end && s->error) {
		errno = s->error;
		return -1;
	}
	return s->end - s->next;
}

void source_take(struct source *s, size_t nbytes)
{
	s->next += nbytes;
	s->taken += nbytes;
}

uint64_t source_taken(const struct source *s)
{
	return s->taken;
}
