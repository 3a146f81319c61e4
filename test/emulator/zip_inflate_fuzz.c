/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deflate streams made by the fuzzer: the engine, stateless and in pieces of odd
 * sizes, must judge as zlib does and give the same bytes. The first byte chooses
 * the sizes.
 *
 * With -DFUZZ_STANDALONE it runs the files named, without libFuzzer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zip_client.h"
#include "zip_judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

#define CHECK(x)                                                                \
	do {                                                                    \
		if (!(x)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); \
			abort();                                                \
		}                                                               \
	} while (0)

enum { ROOM = 1 << 20 };

static struct zip_client *c;
static uint8_t *out, expected[ROOM];

static void in_one(const uint8_t *in, size_t n, int accepted, size_t consumed, size_t produced)
{
	struct hisi_zip_sqe sqe = element(ZIP_REQ_DEFLATE, in, n, out, ROOM);

	CHECK(client_run(c, ZIP_QUEUE_DECOMP, &sqe) == 0);
	CHECK((field_get(&sqe, ZIP_STATUS) == ZIP_ST_OK) == (accepted == 1));
	if (accepted != 1)
		return;
	CHECK(field_get(&sqe, ZIP_CONSUMED) == consumed);
	CHECK(field_get(&sqe, ZIP_PRODUCED) == produced);
	CHECK(!memcmp(out, expected, produced));
}

static void in_pieces(const uint8_t *in, size_t n, uint8_t sizes, int accepted, size_t consumed,
		      size_t produced)
{
	size_t in_pos = 0, out_pos = 0;
	unsigned int nidle = 0;
	struct zip_stream s;

	stream_open(&s, c, ZIP_QUEUE_DECOMP, ZIP_REQ_DEFLATE);
	do {
		size_t nin = 1 + (sizes & 15), nout = 17 + 16 * (sizes >> 4) * (nidle + 1);

		nin = nin < n - in_pos ? nin : n - in_pos;
		nout = nout < ROOM - out_pos ? nout : ROOM - out_pos;
		CHECK(stream_run(&s, in + in_pos, nin, out + out_pos, nout, false) == 0);
		in_pos += s.consumed;
		out_pos += s.produced;
		nidle = s.consumed || s.produced ? 0 : nidle + 1;
	} while (s.status == ZIP_ST_OK && nidle < 5);
	CHECK((s.status == ZIP_ST_DECOMP_END) == (accepted == 1));
	CHECK((s.status >= 0x80) == (accepted == -1));
	if (accepted >= 0) {
		CHECK(in_pos == consumed && out_pos == produced);
		CHECK(!memcmp(out, expected, produced));
	}
	stream_close(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
	size_t consumed, produced;
	uint8_t *in;
	int accepted;

	if (!nbytes || nbytes > 900)
		return 0;
	if (!c) {
		c = client_new();
		out = client_alloc(c, ROOM);
	}
	accepted = judge_inflate(data + 1, nbytes - 1, expected, ROOM, &consumed, &produced);
	in = client_copy(c, data + 1, nbytes - 1);
	in_one(in, nbytes - 1, accepted, consumed, produced);
	in_pieces(in, nbytes - 1, data[0], accepted, consumed, produced);
	client_release(c, in);
	return 0;
}

#ifdef FUZZ_STANDALONE
int main(int argc, char **argv)
{
	static uint8_t data[1000];

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		size_t n;

		if (!file) {
			perror(argv[i]);
			return EXIT_FAILURE;
		}
		n = fread(data, 1, sizeof(data), file);
		fclose(file);
		LLVMFuzzerTestOneInput(data, n);
	}
	if (c)
		client_free(c);
	return EXIT_SUCCESS;
}
#endif
