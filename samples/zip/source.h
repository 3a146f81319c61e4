/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input for decompression: a thread reads ahead, and who decompresses sees the
 * bytes in one piece however they were read.
 */
#ifndef ZIP_SOURCE_H
#define ZIP_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include "input.h"

/* Most bytes that can be asked for in one piece. A longer gzip header is refused. */
#define SOURCE_PEEK_MAX (256u << 10)

struct source;

/* NULL with errno set. */
struct source *source_open(const struct input *in);
void source_close(struct source *s);
/*
 * See what is next, without taking it: at least @need bytes unless the input
 * ends before, and more if they are there anyway. Returns how many are at
 * *@data, 0 at the end of the input, -1 with errno set.
 */
ssize_t source_peek(struct source *s, size_t need, const uint8_t **data);
/* Take bytes that were seen. */
void source_take(struct source *s, size_t nbytes);
/* Bytes taken so far. */
uint64_t source_taken(const struct source *s);

#endif
