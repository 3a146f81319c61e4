/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile device against the driver: the fuzzer's bytes decide what is
 * submitted and what the device writes, into completions, elements, contexts,
 * status words. Whatever it writes, each message comes back at most once and only
 * while in flight, lengths stay inside the buffers, a broken queue stays broken,
 * and stop, abort and restart always work.
 *
 * With -DFUZZ_STANDALONE it is a program that runs pseudo-random inputs, or the
 * files named, without libFuzzer.
 */
#include <stdio.h>
#include <stdlib.h>
#include "fake.h"
#include "drivers/hisi_qm/zip.h"

#define MSGS 16
#define DEPTH 8
#define ROOM 700

#define CHECK(x)                                                              \
	do {                                                                  \
		if (!(x)) {                                                   \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); \
			abort();                                              \
		}                                                             \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

struct input {
	const uint8_t *p, *end;
};

static uint32_t take(struct input *in, int nbytes)
{
	uint32_t v = 0;

	while (nbytes-- && in->p < in->end)
		v = v << 8 | *in->p++;
	return v;
}

static struct slot {
	struct wd_comp_msg msg;
	bool in_flight;
	uint8_t *src, *dst;
	void *stream;
	struct wd_lz77_zstd_data lz77;
	struct wd_datalist src_list[3], dst_list[3];
} slots[MSGS];

static struct fake f;
static struct wd_queue *q;
static struct wd_template tmpl[6][2];
static bool broken;

static void setup(uint32_t op)
{
	struct wd_queue_config config = { .ctx = fake_ctx(&f), .op_type = op };

	fake_init(&f, 3);
	f.sq_depth = DEPTH;
	f.cq_depth = DEPTH;
	CHECK(!hisi_zip_driver.queue_open(&config, &q));
	for (uint32_t alg = 0; alg < WD_COMP_ALG_MAX; alg++)
		for (uint32_t price = 0; price < 2; price++) {
			struct wd_comp_params p = { alg, 8 + price, 4, op };

			if (hisi_zip_driver.session_init(q, &p, &tmpl[alg][price]))
				memset(&tmpl[alg][price], 0, sizeof(tmpl[alg][price]));
		}
	broken = false;
}

/* Buffers of exactly their length, so that the sanitizer guards their ends. */
static void setup_slots(void)
{
	for (int i = 0; i < MSGS; i++) {
		struct slot *s = &slots[i];

		memset(s, 0, sizeof(*s));
		s->src = malloc(ROOM);
		s->dst = malloc(4 * ROOM);
		s->stream = aligned_alloc(64, (hisi_zip_driver.stream_nbytes + 63) & ~63ul);
		CHECK(s->src && s->dst && s->stream);
		memset(s->src, 0, ROOM);
		hisi_zip_driver.stream_reset(s->stream);
	}
}

static void teardown(void)
{
	hisi_zip_driver.queue_close(q);
	fake_free(&f);
	for (int i = 0; i < MSGS; i++) {
		free(slots[i].src);
		free(slots[i].dst);
		free(slots[i].stream);
	}
}

static void make_lists(struct slot *s)
{
	for (int i = 0; i < 3; i++) {
		s->src_list[i] = (struct wd_datalist){ s->src + i * 200, 200,
						       i < 2 ? &s->src_list[i + 1] : NULL };
		s->dst_list[i] = (struct wd_datalist){ s->dst + i * 900, 900,
						       i < 2 ? &s->dst_list[i + 1] : NULL };
	}
}

static void submit(struct input *in)
{
	uint32_t which = take(in, 1), alg = take(in, 1) % WD_COMP_ALG_MAX;
	struct slot *s = &slots[which % MSGS];
	struct wd_comp_msg *m = &s->msg;
	int ret;

	if (s->in_flight || !tmpl[alg][which >> 7].word[ZIP_T_KIND])
		return;
	memset(m, 0, sizeof(*m));
	m->tmpl = &tmpl[alg][which >> 7];
	m->src_len = take(in, 2) % (ROOM + 1);
	m->dst_len = take(in, 2) % (4 * ROOM + 1);
	m->last = which >> 6 & 1;
	m->src = s->src;
	m->dst = s->dst;
	m->lz77 = &s->lz77;
	m->stream = which & 0x20 ? s->stream : NULL;
	s->lz77.blk_type = which >> 4 & 3;
	if (which & 0x10) {
		make_lists(s);
		m->data_fmt = WD_SGL_BUF;
		m->list_src = s->src_list;
		m->list_dst = s->dst_list;
	}
	for (uint32_t i = 0, n = take(in, 1) % 16; i < n; i++)
		s->src[i] = take(in, 1); /* headers */
	ret = hisi_zip_driver.submit(q, &m->head);
	CHECK(ret <= WD_SUBMIT_DONE);
	s->in_flight = !ret;
	CHECK(!broken || ret);
	if (ret == WD_SUBMIT_DONE)
		CHECK(m->consumed <= m->src_len && m->produced <= m->dst_len);
}

static void came_back(struct wd_msg **done, int n, bool aborted)
{
	for (int i = 0; i < n; i++) {
		struct slot *s = (struct slot *)done[i];

		CHECK(s >= slots && s < slots + MSGS && s->in_flight);
		s->in_flight = false;
		if (aborted) {
			CHECK(done[i]->result == -WD_EIO);
			continue;
		}
		CHECK(!done[i]->result || done[i]->result == -WD_EIO);
		CHECK(s->msg.consumed <= s->msg.src_len);
		CHECK(s->msg.produced <= s->msg.dst_len);
	}
}

static void reap(struct input *in)
{
	struct wd_msg *done[DEPTH];
	int max = 1 + take(in, 1) % DEPTH, n = hisi_zip_driver.reap(q, done, max);

	CHECK(n <= max);
	CHECK(!broken || n < 0);
	if (n < 0) {
		CHECK(n == -WD_EIO || n == -WD_HW_EACCESS);
		broken = true;
		return;
	}
	came_back(done, n, false);
}

static void restart(void)
{
	struct wd_msg *lost[DEPTH];
	int n;

	CHECK(!hisi_zip_driver.stop(q));
	n = hisi_zip_driver.abort(q, lost, DEPTH);
	came_back(lost, n, true);
	for (int i = 0; i < MSGS; i++)
		CHECK(!slots[i].in_flight);
	CHECK(!qm_of(q)->sgls.used_nbytes);
	CHECK(!hisi_zip_driver.restart(q));
	for (int i = 0; i < MSGS; i++)
		hisi_zip_driver.stream_reset(slots[i].stream);
	broken = false;
}

static void scribble(struct input *in)
{
	uint32_t what = take(in, 1), at = take(in, 2), value = take(in, 4);

	switch (what % 5) {
	case 0:
		fake_cqe(&f, at % DEPTH)->dw[at / DEPTH % 4] = htole32(value);
		break;
	case 1:
	case 2:
		((struct hisi_zip_sqe *)fake_sqe(&f, at % DEPTH))->dw[at / DEPTH % 32] =
			htole32(what & 0x80 ? value & 0xff : value);
		break;
	case 3:
		zip_device_area(slots[at % MSGS].stream)[0xc00 + value % 0x8000] = value >> 24;
		break;
	default:
		if (what & 0x80)
			fake_set_rx(&f, value & 3);
		else
			fake_set_tx(&f, value & 3);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
	struct input in = { data, data + nbytes };

	setup(take(&in, 1) & 1);
	setup_slots();
	while (in.p < in.end) {
		switch (take(&in, 1) % 8) {
		case 0:
		case 1:
			submit(&in);
			break;
		case 2:
			fake_complete(&f);
			break;
		case 3:
			fake_complete_slot(&f, take(&in, 2));
			break;
		case 4:
			reap(&in);
			break;
		case 5:
		case 6:
			scribble(&in);
			break;
		default:
			if (take(&in, 1) < 32)
				restart();
			else
				hisi_zip_driver.arm(q);
		}
	}
	restart();
	teardown();
	return 0;
}

#ifdef FUZZ_STANDALONE
static int run_file(const char *path)
{
	static uint8_t bytes[65536];
	FILE *file = fopen(path, "rb");
	size_t n;

	if (!file) {
		perror(path);
		return EXIT_FAILURE;
	}
	n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return LLVMFuzzerTestOneInput(bytes, n);
}

/* Mostly well-behaved sequences with a lie now and then get deeper than plain noise. */
static size_t make_input(uint8_t *to, size_t room, uint64_t *state)
{
	static const uint8_t likely[] = { 0, 1, 2, 4, 0, 2, 4, 5, 6 };
	size_t n = 64 + *state % (room - 64);

	for (size_t i = 0; i < n; i++) {
		*state ^= *state << 13;
		*state ^= *state >> 7;
		*state ^= *state << 17;
		to[i] = *state >> 40 & 1 ? likely[(*state >> 20) % sizeof(likely)] : *state >> 32;
	}
	return n;
}

int main(int argc, char **argv)
{
	static uint8_t bytes[600];
	uint64_t state = 20240607;
	int ret = 0;

	for (int i = 1; i < argc; i++)
		ret |= run_file(argv[i]);
	for (int i = 0; argc < 2 && i < 3000; i++)
		LLVMFuzzerTestOneInput(bytes, make_input(bytes, sizeof(bytes), &state));
	return ret;
}
#endif
