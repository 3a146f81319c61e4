/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ZIP driver writes into an element and how it reads one back, on plain
 * memory with the test as the device. Lines of the ZIP facts' checklist
 * (section 16) are z<line>_...
 */
#include "ring.h"
#include "runner.h"

static struct ring r;
static struct wd_msg *done[8];
static uint8_t in[4096], out[4096];

static void setup(void)
{
	ring_new(&r, 3);
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = i * 7;
}

static void teardown(void)
{
	ring_free(&r);
}

/* A message of a session on the ring's queue. */
static void prepare(struct wd_comp_msg *msg, struct wd_template *t, const struct wd_comp_params *p)
{
	ck_assert_int_eq(hisi_zip_driver.session_init(r.q, p, t), 0);
	memset(msg, 0, sizeof(*msg));
	msg->tmpl = t;
	msg->src = in;
	msg->src_len = 1000;
	msg->dst = out;
	msg->dst_len = sizeof(out);
}

static void reopen(unsigned int version, uint32_t op_type)
{
	struct wd_queue_config config = { .ctx = fake_ctx(&r.fake), .op_type = op_type };

	ring_free(&r);
	fake_init(&r.fake, version);
	ck_assert_int_eq(hisi_zip_driver.queue_open(&config, &r.q), 0);
	fake_log_lines();
}

static int submit(struct wd_comp_msg *msg)
{
	return hisi_zip_driver.submit(r.q, &msg->head);
}

/* Complete the newest element with these results, and collect it. */
static void finish(struct wd_comp_msg *msg, uint32_t consumed, uint32_t produced, uint32_t status)
{
	ring_answer(&r, r.fake.sq_head, consumed, produced, status);
	fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 8), 1);
	ck_assert_ptr_eq(done[0], &msg->head);
}

static uint32_t word(uint32_t slot, unsigned int i)
{
	return le32toh(((struct hisi_zip_sqe *)fake_sqe(&r.fake, slot))->dw[i]);
}

/* The 32 words, read from what the driver wrote. */
TEST(z01_every_word_is_where_the_facts_say)
{
	struct zip_queue *q = zip_of(r.q);
	struct zip_request req = { .words_6_7 = zip_pair(0x66666666, 0x07777777),
				   .words_8_9 = zip_pair(0x88888888, 0x99999999),
				   .src = 0x1918191818181818,
				   .dst = 0x2120212020202020,
				   .ctx = 0x2322232222222222,
				   .literals = 0x2524252424242424,
				   .in_nbytes = 0x44444444,
				   .out_nbytes = 0x14141414,
				   .literal_nbytes = 0x13131313,
				   .state = { 0x15151515, 0x28282828, 0x29292929 },
				   .isize = 0x30303030,
				   .checksum = 0x31313131 };
	static const uint32_t want[32] = {
		0, 0, 0, 0, 0x44444444, 0, 0x66666666, 0x37777777, 0x88888888, 0x99999999,
		0, 0, 0, 0x13131313, 0x14141414, 0x15151515, 0, 0, 0x18181818, 0x19181918,
		0x20202020, 0x21202120, 0x22222222, 0x23222322, 0x24242424, 0x25242524,
		0, 0, 0x28282828, 0x29292929, 0x30303030, 0x31313131,
	};

	memset(fake_sqe(&r.fake, 77), 0xee, 128);
	zip_fill(q, 77, &req);
	for (int i = 0; i < 32; i++)
		ck_assert_msg(word(77, i) == want[i], "word %d is %#x", i, word(77, i));
}

static uint32_t stateless_dw7(unsigned int version)
{
	struct wd_comp_params p = { .alg_type = WD_GZIP };
	struct wd_template t;
	struct wd_comp_msg msg;

	reopen(version, WD_DIR_COMPRESS);
	prepare(&msg, &t, &p);
	ck_assert_int_eq(submit(&msg), 0);
	return word(0, 7);
}

TEST(z02_word_7_of_a_request_that_stands_alone)
{
	ck_assert_uint_eq(stateless_dw7(3), 0x3a000000);
	ck_assert_uint_eq(stateless_dw7(5), 0x3a000000);
	ck_assert_uint_eq(stateless_dw7(9), 0x3a000000);
	ck_assert_uint_eq(stateless_dw7(2), 0x0a000000);
}

TEST(z02_word_7_of_the_four_steps_of_a_stream)
{
	static const struct {
		bool begun, finish;
		uint32_t type3, type0;
	} t[] = { { false, false, 0x3c000000, 0x0c000000 },
		  { false, true, 0x3e000000, 0x0e000000 },
		  { true, false, 0x34000000, 0x04000000 },
		  { true, true, 0x36000000, 0x06000000 } };
	static struct zip_stream s;

	for (unsigned int version = 2; version <= 3; version++) {
		reopen(version, WD_DIR_COMPRESS);
		for (int i = 0; i < 4; i++) {
			struct zip_request req = { 0 };

			s.begun = t[i].begun;
			zip_stream_put_state(&s, out, t[i].finish, &req);
			zip_fill(zip_of(r.q), 0, &req);
			ck_assert_uint_eq(word(0, 7), version == 3 ? t[i].type3 : t[i].type0);
		}
	}
}

TEST(request_types_levels_and_windows)
{
	static const struct {
		struct wd_comp_params p;
		uint32_t word9;
	} t[] = {
		{ { WD_DEFLATE, 0, WD_COMP_WS_4K, 0 }, 0x0001 },
		{ { WD_ZLIB, 1, WD_COMP_WS_8K, 0 }, 0x1002 },
		{ { WD_GZIP, 15, WD_COMP_WS_32K, 0 }, 0x4003 },
		{ { WD_LZ4, 9, WD_COMP_WS_24K, 0 }, 0x3004 },
		{ { WD_LZ77_ZSTD, 0, WD_COMP_WS_16K, 0 }, 0x2043 },
		{ { WD_LZ77_ZSTD, 8, WD_COMP_WS_16K, 0 }, 0x2043 },
		{ { WD_LZ77_ZSTD, 9, WD_COMP_WS_16K, 0 }, 0x2042 },
		{ { WD_LZ77_ONLY, 8, WD_COMP_WS_16K, 0 }, 0x2040 },
		{ { WD_LZ77_ONLY, 9, WD_COMP_WS_16K, 0 }, 0x2041 },
	};
	struct wd_template tmpl;
	struct wd_comp_msg msg;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		prepare(&msg, &tmpl, &t[i].p);
		ck_assert_int_eq(submit(&msg), 0);
		ck_assert_uint_eq(word(i, 9), t[i].word9);
	}
}

TEST(z22_other_levels_and_windows_are_refused)
{
	static const struct wd_comp_params bad[] = {
		{ WD_LZ77_ZSTD, 7, 0, 0 },	  { WD_LZ77_ZSTD, 10, 0, 0 },
		{ WD_LZ77_ONLY, 1, 0, 0 },	  { WD_ZLIB, 16, 0, 0 },
		{ WD_ZLIB, 0, 5, 0 },		  { WD_GZIP, 0, 15, 0 },
		{ WD_COMP_ALG_MAX, 0, 0, 0 },	  { WD_ZLIB, 0, 0, WD_DIR_MAX },
		{ WD_LZ4, 0, 0, WD_DIR_DECOMPRESS }, { WD_LZ77_ZSTD, 0, 0, WD_DIR_DECOMPRESS },
		{ WD_LZ77_ONLY, 0, 0, WD_DIR_DECOMPRESS },
	};
	struct wd_template t;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(hisi_zip_driver.session_init(r.q, &bad[i], &t), -WD_EINVAL);
}

TEST(level_and_window_do_not_matter_to_decompress)
{
	struct wd_comp_params p = { WD_ZLIB, 99, 99, WD_DIR_DECOMPRESS };
	struct wd_template t;
	struct wd_comp_msg msg;

	reopen(3, WD_DIR_DECOMPRESS);
	prepare(&msg, &t, &p);
	in[0] = 0x78;
	in[1] = 0x9c;
	ck_assert_int_eq(submit(&msg), 0);
	ck_assert_uint_eq(word(0, 9), 0x0002);
	ck_assert_uint_eq(word(0, 4), 998);
	ck_assert_uint_eq(
		field_get_addr((struct hisi_zip_sqe *)fake_sqe(&r.fake, 0), ZIP_ADDR_SOURCE),
		(uintptr_t)in + 2);
}

TEST(what_the_device_does_not_list_is_refused)
{
	struct wd_comp_params p = { .alg_type = WD_DEFLATE };
	struct wd_template t;
	struct wd_comp_msg msg;

	/* A session made where it is offered, sent to a queue where it is not. */
	prepare(&msg, &t, &p);
	reopen(2, WD_DIR_COMPRESS);
	ck_assert_int_eq(submit(&msg), -WD_EINVAL);
	ck_assert_int_eq(hisi_zip_driver.session_init(r.q, &p, &t), -WD_EINVAL);
	p.alg_type = WD_LZ4;
	ck_assert_int_eq(hisi_zip_driver.session_init(r.q, &p, &t), -WD_EINVAL);
	p.alg_type = WD_GZIP;
	ck_assert_int_eq(hisi_zip_driver.session_init(r.q, &p, &t), 0);
	ck_assert_uint_eq(wd_queue_inflight(r.q), 0);
}

TEST(longer_name_in_the_device_list_is_no_match)
{
	struct wd_comp_params p = { .alg_type = WD_LZ4 };
	struct wd_template t;

	ring_free(&r);
	fake_init(&r.fake, 3);
	strcpy(r.fake.dev.algs, "xlz4\nlz4x\nzlib\n");
	ring_open(&r);
	ck_assert_int_eq(hisi_zip_driver.session_init(r.q, &p, &t), -WD_EINVAL);
}

TEST(message_of_the_other_direction_is_refused)
{
	struct wd_comp_params p = { WD_ZLIB, 0, 0, WD_DIR_DECOMPRESS };
	struct wd_template t;
	struct wd_comp_msg msg;

	reopen(3, WD_DIR_DECOMPRESS);
	prepare(&msg, &t, &p);
	reopen(3, WD_DIR_COMPRESS);
	ck_assert_int_eq(submit(&msg), -WD_EINVAL);
}

TEST(z04_z05_header_is_written_before_the_device_s_output)
{
	static const uint8_t zlib[] = { 0x78, 0x9c };
	static const uint8_t gzip[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
	static const struct {
		uint8_t alg;
		const uint8_t *header;
		uint32_t n;
	} t[] = { { WD_DEFLATE, NULL, 0 }, { WD_ZLIB, zlib, 2 }, { WD_GZIP, gzip, 10 } };
	struct wd_template tmpl;
	struct wd_comp_msg msg;

	for (uint32_t i = 0; i < 3; i++) {
		struct wd_comp_params p = { .alg_type = t[i].alg };

		prepare(&msg, &tmpl, &p);
		memset(out, 0xaa, sizeof(out));
		ck_assert_int_eq(submit(&msg), 0);
		ck_assert_int_eq(t[i].n ? memcmp(out, t[i].header, t[i].n) : 0, 0);
		ck_assert_uint_eq(out[t[i].n], 0xaa);
		ck_assert_uint_eq(word(i, 4), 1000);
		ck_assert_uint_eq(word(i, 14), sizeof(out) - t[i].n);
		ck_assert_uint_eq(field_get_addr((struct hisi_zip_sqe *)fake_sqe(&r.fake, i),
						 ZIP_ADDR_DEST),
				  (uintptr_t)out + t[i].n);
		finish(&msg, 1000, 300, 0);
		ck_assert_int_eq(msg.head.result, 0);
		ck_assert_uint_eq(msg.consumed, 1000);
		ck_assert_uint_eq(msg.produced, 300 + t[i].n);
		ck_assert_uint_eq(msg.status, WD_SUCCESS);
	}
}

TEST(z20_input_of_8_mib_is_taken_and_one_byte_more_is_not)
{
	struct wd_comp_params p = { .alg_type = WD_ZLIB };
	struct wd_template t;
	struct wd_comp_msg msg;

	prepare(&msg, &t, &p);
	msg.src_len = 8388609;
	ck_assert_int_eq(submit(&msg), -WD_EINVAL);
	msg.src_len = UINT32_MAX;
	ck_assert_int_eq(submit(&msg), -WD_EINVAL);
	msg.src_len = 0;
	ck_assert_int_eq(submit(&msg), -WD_EINVAL);
	ck_assert_uint_eq(fake_doorbell(&r.fake), FAKE_NO_DOORBELL);
	msg.src_len = 8388608;
	ck_assert_int_eq(submit(&msg), 0);
	ck_assert_uint_eq(word(0, 4), 8388608);
}

TEST(output_room_is_cut_to_8_mib)
{
	struct wd_comp_params p = { .alg_type = WD_ZLIB };
	struct wd_template t;
	struct wd_comp_msg msg;

	prepare(&msg, &t, &p);
	msg.dst_len = UINT32_MAX;
	ck_assert_int_eq(submit(&msg), 0);
	ck_assert_uint_eq(word(0, 14), 8388608 - 2);
	finish(&msg, 1000, 8388608 - 1, 0); /* one more than it was given */
	ck_assert_int_eq(msg.head.result, -WD_EIO);
}

TEST(no_room_behind_the_header_is_an_answer_without_the_device)
{
	struct wd_comp_params p = { .alg_type = WD_GZIP };
	struct wd_template t;
	struct wd_comp_msg msg;

	for (uint32_t room = 0; room <= 10; room++) {
		prepare(&msg, &t, &p);
		msg.dst_len = room;
		ck_assert_int_eq(submit(&msg), WD_SUBMIT_DONE);
		ck_assert_int_eq(msg.head.result, 0);
		ck_assert_uint_eq(msg.status, WD_OUT_EPARA);
		ck_assert_uint_eq(msg.consumed + msg.produced, 0);
	}
	ck_assert_uint_eq(fake_doorbell(&r.fake), FAKE_NO_DOORBELL);
}

/* Section 7, for a request that stands alone. */
TEST(status_codes)
{
	static const struct {
		uint32_t word3, status;
	} t[] = { { 0x00, WD_SUCCESS },	   { 0x100, WD_SUCCESS },   { 0x0d, WD_SUCCESS },
		  { 0x0e, WD_OUT_EPARA },  { 0x10, WD_VERIFY_ERR }, { 0x113, WD_SUCCESS },
		  { 0x13, WD_IN_EPARA },   { 0x01, WD_IN_EPARA },   { 0x0f, WD_IN_EPARA },
		  { 0x12, WD_IN_EPARA },   { 0xff, WD_IN_EPARA },   { 0xfffffe00, WD_SUCCESS } };
	struct wd_comp_params p = { .alg_type = WD_ZLIB };
	struct wd_template tmpl;
	struct wd_comp_msg msg;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct hisi_zip_sqe *sqe = fake_sqe(&r.fake, i);

		prepare(&msg, &tmpl, &p);
		ck_assert_int_eq(submit(&msg), 0);
		sqe->dw[0] = htole32(1000);
		sqe->dw[1] = htole32(100);
		sqe->dw[3] = htole32(t[i].word3);
		fake_complete(&r.fake);
		ck_assert_int_eq(ring_reap(&r, done, 1), 1);
		ck_assert_int_eq(msg.head.result, 0);
		ck_assert_uint_eq(msg.status, t[i].status);
		ck_assert_uint_eq(msg.consumed, 1000);
		ck_assert_uint_eq(msg.produced, 102);
		ck_assert_uint_eq(msg.checksum, 0);
	}
}

static void check_lengths_refused(uint32_t consumed, uint32_t produced)
{
	struct wd_comp_params p = { .alg_type = WD_ZLIB };
	struct wd_template t;
	struct wd_comp_msg msg;

	prepare(&msg, &t, &p);
	msg.dst_len = 500;
	ck_assert_int_eq(submit(&msg), 0);
	finish(&msg, consumed, produced, 0);
	ck_assert_int_eq(msg.head.result, -WD_EIO);
	ck_assert_uint_eq(msg.consumed, 0);
	ck_assert_uint_eq(msg.produced, 0);

	/* With an error code the lengths have no meaning: they are dropped, the error stays. */
	prepare(&msg, &t, &p);
	msg.dst_len = 500;
	ck_assert_int_eq(submit(&msg), 0);
	finish(&msg, consumed, produced, 0x0e);
	ck_assert_int_eq(msg.head.result, 0);
	ck_assert_uint_eq(msg.status, WD_OUT_EPARA);
	ck_assert_uint_eq(msg.consumed + msg.produced, 0);
}

TEST(f05_lengths_beyond_the_buffers_fail_the_job_only)
{
	struct wd_comp_params p = { .alg_type = WD_ZLIB };
	struct wd_template t;
	struct wd_comp_msg msg;

	check_lengths_refused(1001, 0);
	check_lengths_refused(UINT32_MAX, 0);
	check_lengths_refused(0, 499);
	check_lengths_refused(0, UINT32_MAX);
	check_lengths_refused(UINT32_MAX, UINT32_MAX);
	/* The queue goes on, and 498 behind a header of 2 is the most there can be. */
	prepare(&msg, &t, &p);
	msg.dst_len = 500;
	ck_assert_int_eq(submit(&msg), 0);
	finish(&msg, 1000, 498, 0);
	ck_assert_int_eq(msg.head.result, 0);
	ck_assert_uint_eq(msg.produced, 500);
}

TEST(f48_a_storm_of_impossible_lengths_logs_at_most_ten_lines_a_second)
{
	struct wd_comp_params p = { .alg_type = WD_ZLIB };
	struct wd_template t;
	struct wd_comp_msg msg;
	struct timespec a, b;
	int seconds;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < 5000; i++) {
		prepare(&msg, &t, &p);
		ck_assert_int_eq(submit(&msg), 0);
		finish(&msg, UINT32_MAX, 0, 0);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	seconds = b.tv_sec - a.tv_sec + 1;
	ck_assert_int_le(fake_log_lines(), 10 * seconds);
}

TEST(unsubmitted_fields_are_zero_whatever_was_in_the_slot)
{
	struct wd_comp_params p = { .alg_type = WD_DEFLATE };
	static const uint8_t set[] = { 4, 7, 9, 14, 18, 19, 20, 21 };
	struct wd_template t;
	struct wd_comp_msg msg;
	uint32_t mask = 0;

	for (size_t i = 0; i < sizeof(set); i++)
		mask |= 1u << set[i];
	memset(fake_sqe(&r.fake, 0), 0xff, 128);
	prepare(&msg, &t, &p);
	ck_assert_int_eq(submit(&msg), 0);
	for (int i = 0; i < 32; i++)
		if (!(mask >> i & 1))
			ck_assert_msg(word(0, i) == 0, "word %d is %#x", i, word(0, i));
}

TEST(z30_lz4_is_sent_flat_without_header_and_never_to_decompress)
{
	struct wd_comp_params p = { .alg_type = WD_LZ4 };
	struct wd_template t;
	struct wd_comp_msg msg;

	prepare(&msg, &t, &p);
	ck_assert_int_eq(submit(&msg), 0);
	ck_assert_uint_eq(word(0, 9) & 0xff, 0x04);
	finish(&msg, 1000, 700, 0);
	ck_assert_uint_eq(msg.produced, 700);
	prepare(&msg, &t, &p);
	msg.src_len = 8388609;
	ck_assert_int_eq(submit(&msg), -WD_EINVAL);
	msg.src_len = 100;
	msg.stream = out; /* no streams of LZ4 */
	ck_assert_int_eq(submit(&msg), -WD_EINVAL);
}

TEST(z32_request_that_stands_alone_carries_no_context)
{
	struct wd_comp_params p = { .alg_type = WD_ZLIB };
	struct wd_template t;
	struct wd_comp_msg msg;

	prepare(&msg, &t, &p);
	ck_assert_int_eq(submit(&msg), 0);
	ck_assert_uint_eq(word(0, 22) | word(0, 23) | word(0, 15) | word(0, 28) | word(0, 29), 0);
}

static void check_header_refused(uint8_t alg, const uint8_t *bytes, uint32_t n)
{
	struct wd_comp_params p = { alg, 0, 0, WD_DIR_DECOMPRESS };
	struct wd_template t;
	struct wd_comp_msg msg;

	prepare(&msg, &t, &p);
	msg.src = (void *)bytes;
	msg.src_len = n;
	ck_assert_int_eq(submit(&msg), WD_SUBMIT_DONE);
	ck_assert_uint_eq(msg.status, WD_IN_EPARA);
	ck_assert_int_eq(msg.head.result, 0);
	ck_assert_uint_eq(msg.consumed + msg.produced, 0);
}

TEST(malformed_headers_never_reach_the_device)
{
	static const uint8_t z[][3] = { { 0x77, 0x9c, 3 }, { 0x88, 0x1c, 3 }, { 0x78, 0x9d, 3 },
					{ 0x78, 0xbb, 3 } /* FDICT */, { 0, 0, 3 } };
	static const uint8_t g[][11] = { { 0x1e, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3 },
					 { 0x1f, 0x8c, 8, 0, 0, 0, 0, 0, 0, 3, 3 },
					 { 0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 3, 3 },
					 { 0x1f, 0x8b, 8, 0x20, 0, 0, 0, 0, 0, 3, 3 },
					 { 0x1f, 0x8b, 8, 0x80, 0, 0, 0, 0, 0, 3, 3 } };
	static const uint8_t good_z[] = { 0x78, 0x9c };
	static const uint8_t good_g[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };

	reopen(3, WD_DIR_DECOMPRESS);
	for (size_t i = 0; i < ARRAY_SIZE(z); i++)
		check_header_refused(WD_ZLIB, z[i], 3);
	for (size_t i = 0; i < ARRAY_SIZE(g); i++)
		check_header_refused(WD_GZIP, g[i], 11);
	for (uint32_t n = 1; n <= sizeof(good_z); n++)
		check_header_refused(WD_ZLIB, good_z, n);
	for (uint32_t n = 1; n <= sizeof(good_g); n++)
		check_header_refused(WD_GZIP, good_g, n);
	ck_assert_uint_eq(fake_doorbell(&r.fake), FAKE_NO_DOORBELL);
}

int main(void)
{
	return run_tests("zip_element", setup, teardown);
}
