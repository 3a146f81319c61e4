// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the test data: words with a skewed choice for text, the program's own code
 * for binaries, zeros, noise.
 */
#include "corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const corpus_names[CORPUS_KINDS] = { "text", "binary", "zeros", "noise" };

static uint8_t *data[CORPUS_KINDS];

uint32_t corpus_random(uint64_t *state)
{
	/* xorshift64*: good enough to be incompressible, and the same everywhere. */
	if (!*state)
		*state = 0x9e3779b97f4a7c15ull;
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * 0x2545f4914f6cdd1dull) >> 32);
}

static void fill_text(uint8_t *to, size_t nbytes)
{
	static const char *const words[] = {
		"queue", "doorbell", "the ", "of ", "a ", "ring", "completion, ", "phase",
		"and ", "is ", "device", "that ", "not ", "address", "shared", "virtual",
		"\n", ". ", "accelerator", "window", "0x", "stream", "it ", "to ",
	};
	uint64_t seed = 1;
	size_t at = 0;

	while (at < nbytes) {
		uint32_t r = corpus_random(&seed);
		/* The smaller of two draws: some words are frequent, some are rare. */
		uint32_t a = r % 24, b = (r >> 8) % 24;
		const char *word = words[a < b ? a : b];
		size_t n = strlen(word);

		if ((r >> 16) % 8 == 0) {
			to[at++] = (uint8_t)('0' + (r >> 24) % 10);
			continue;
		}
		if (n > nbytes - at)
			n = nbytes - at;
		memcpy(to + at, word, n);
		at += n;
	}
}

static void fill_binary(uint8_t *to, size_t nbytes)
{
	FILE *self = fopen("/proc/self/exe", "rb");
	size_t got = self ? fread(to, 1, nbytes, self) : 0;

	if (!got) {
		fprintf(stderr, "corpus: cannot read the test program itself\n");
		abort();
	}
	fclose(self);
	/* Longer than the program: again, each time changed a little. */
	for (size_t at = got; at < nbytes; at++)
		to[at] = (uint8_t)(to[at - got] + (at % 61 == 0));
}

static void fill_noise(uint8_t *to, size_t nbytes)
{
	uint64_t seed = 7;

	for (size_t at = 0; at < nbytes; at++)
		to[at] = (uint8_t)corpus_random(&seed);
}

const uint8_t *corpus(enum corpus_kind kind)
{
	if (data[kind])
		return data[kind];
	data[kind] = calloc(1, CORPUS_MAX_NBYTES);
	if (!data[kind])
		abort();
	if (kind == CORPUS_TEXT)
		fill_text(data[kind], CORPUS_MAX_NBYTES);
	else if (kind == CORPUS_BINARY)
		fill_binary(data[kind], CORPUS_MAX_NBYTES);
	else if (kind == CORPUS_NOISE)
		fill_noise(data[kind], CORPUS_MAX_NBYTES);
	return data[kind];
}
