/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams through the driver and an engine, in pieces of every awkward size;
 * zlib judges. Checklist lines of the ZIP facts (section 16) are z<line>_...
 */
#include <zlib.h>
#include "stream.h"

TEST(z10_streams_in_pieces_of_each_size)
{
	static const uint32_t pieces[] = { 1, 2, 3, 199, 200, 201, 65536 };

	for (uint32_t alg = WD_DEFLATE; alg <= WD_GZIP; alg++)
		for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
			for (int kind = 0; kind < DATA_KINDS; kind++) {
				uint32_t n = pieces[i] < 4 ? 600 : pieces[i] < 1000 ? 30000 : MIB;
				uint32_t len;

				data_fill(in, n, kind);
				len = deflate_all(alg, n, pieces[i], 100000);
				ck_assert_int_eq(data_inflate(alg, mid, len, out, 2 * MIB), n);
				ck_assert_int_eq(memcmp(in, out, n), 0);
			}
}

TEST(z10_long_stream_in_pieces_of_three_bytes)
{
	uint32_t len;

	data_fill(in, MIB / 32, DATA_TEXT);
	len = deflate_all(WD_GZIP, MIB / 32, 3, 300);
	ck_assert_int_eq(data_inflate(WD_GZIP, mid, len, out, 2 * MIB), MIB / 32);
	ck_assert_int_eq(memcmp(in, out, MIB / 32), 0);
}

TEST(type_0_streams)
{
	uint32_t len;

	teardown();
	setup_version(2);
	data_fill(in, 50000, DATA_TEXT);
	for (uint32_t alg = WD_ZLIB; alg <= WD_GZIP; alg++) {
		len = deflate_all(alg, 50000, 7000, 5000);
		ck_assert_int_eq(data_inflate(alg, mid, len, out, 2 * MIB), 50000);
		ck_assert_uint_eq(inflate_all(alg, len, 999, 5000), 50000);
		ck_assert_int_eq(memcmp(in, out, 50000), 0);
	}
}

TEST(z14_z15_streams_with_little_room)
{
	static const uint32_t rooms[] = {1,   2,   9,	10,  11,  100, 199,
					 200, 201, 202, 210, 211, 236, 300};

	data_fill(in, 3000, DATA_BINARY);
	for (uint32_t alg = WD_DEFLATE; alg <= WD_GZIP; alg++)
		for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
			uint32_t len = deflate_all(alg, 3000, 1000, rooms[i]);

			ck_assert_int_eq(data_inflate(alg, mid, len, out, 2 * MIB), 3000);
			memset(out, 0, 3000);
			ck_assert_uint_eq(inflate_all(alg, len, 500, rooms[i]), 3000);
			ck_assert_int_eq(memcmp(in, out, 3000), 0);
		}
}

TEST(streams_of_zlib_decompress_in_pieces_of_each_size)
{
	static const uint32_t pieces[] = { 1, 2, 3, 17, 199, 200, 201, 65536 };
	static const uint32_t rooms[] = { 201, 100000 };

	for (uint32_t alg = WD_DEFLATE; alg <= WD_GZIP; alg++)
		for (size_t i = 0; i < ARRAY_SIZE(pieces); i++)
			for (int level = 0; level <= 9; level += 3) {
				uint32_t n = pieces[i] < 4	? 2000
					     : pieces[i] < 1000 ? 20000
								: 200000;
				uint32_t len;

				data_fill(in, n, (i + level) % DATA_KINDS);
				len = data_deflate(alg, level, in, n, mid, 4 * MIB);
				for (size_t k = 0; k < ARRAY_SIZE(rooms); k++) {
					ck_assert_uint_eq(
						inflate_all(alg, len, pieces[i], rooms[k]), n);
					ck_assert_int_eq(memcmp(in, out, n), 0);
				}
			}
}

static uint32_t least_room;

static void note_room(struct inline_device *d, struct hisi_zip_sqe *sqe)
{
	uint32_t room = field_get(sqe, ZIP_DEST_AVAIL);

	(void)d;
	if (room < least_room)
		least_room = room;
	/* Q3: nine eighths of the input, or less input. */
	ck_assert_uint_ge((uint64_t)room * 8, (uint64_t)field_get(sqe, ZIP_INPUT_LENGTH) * 9 - 7);
}

TEST(z15_room_of_200_or_less_never_reaches_the_device)
{
	least_room = UINT32_MAX;
	comp.before = note_room;
	data_fill(in, 5000, DATA_TEXT);
	for (uint32_t room = 1; room < 250; room += 7)
		deflate_all(WD_GZIP, 5000, 1000, room);
	ck_assert_uint_gt(least_room, 200);
}

static uint32_t cut_inputs;

static void note_cut(struct inline_device *d, struct hisi_zip_sqe *sqe)
{
	uint32_t n = field_get(sqe, ZIP_INPUT_LENGTH);

	(void)d;
	if (n == 20000)
		return;
	cut_inputs++;
	ck_assert_uint_eq(n % 4, 0);
	ck_assert_uint_eq(n, field_get(sqe, ZIP_DEST_AVAIL) * 8 / 9 & ~3u);
	ck_assert_uint_eq(field_get(sqe, ZIP_FLUSH_TYPE), ZIP_FLUSH_SYNC);
}

TEST(q3_input_is_cut_to_eight_ninths_of_the_room_and_the_end_waits)
{
	struct wd_comp_msg msg;

	comp.before = note_cut;
	data_fill(in, 20000, DATA_RANDOM);
	step(&comp, &msg, WD_DEFLATE, in, 20000, mid, 10000, true);
	ck_assert_uint_eq(msg.status, WD_SUCCESS);
	ck_assert_uint_eq(msg.consumed, 8888);
	ck_assert_uint_eq(cut_inputs, 1);
	hisi_zip_driver.stream_reset(stream);
	step(&comp, &msg, WD_DEFLATE, in, 20000, mid, 22500, true);
	ck_assert_uint_eq(msg.status, WD_STREAM_END);
	ck_assert_uint_eq(cut_inputs, 1);
}

static uint32_t trailer_nbytes(uint32_t alg)
{
	return alg == WD_GZIP ? 8 : alg == WD_ZLIB ? 4 : 0;
}

TEST(z12_empty_final_request_ends_the_stream_without_the_device)
{
	static const uint8_t block[] = { 0x01, 0x00, 0x00, 0xff, 0xff };
	struct wd_comp_msg msg;
	uint32_t len, jobs;

	data_fill(in, 5000, DATA_TEXT);
	for (uint32_t alg = WD_DEFLATE; alg <= WD_GZIP; alg++) {
		step(&comp, &msg, alg, in, 5000, mid, 20000, false);
		ck_assert_uint_eq(msg.consumed, 5000);
		len = msg.produced;
		jobs = comp.jobs;
		step(&comp, &msg, alg, in, 0, mid + len, 20000, true);
		ck_assert_uint_eq(comp.jobs, jobs);
		ck_assert_uint_eq(msg.status, WD_STREAM_END);
		ck_assert_uint_eq(msg.produced, 5 + trailer_nbytes(alg));
		ck_assert_int_eq(memcmp(mid + len, block, 5), 0);
		ck_assert_int_eq(data_inflate(alg, mid, len + msg.produced, out, 20000), 5000);
		ck_assert_int_eq(memcmp(in, out, 5000), 0);
	}
}

TEST(stream_of_nothing_is_a_valid_stream_also_byte_by_byte)
{
	static const uint32_t rooms[] = { 1, 7, 1000 };
	uint32_t len;

	for (uint32_t alg = WD_DEFLATE; alg <= WD_GZIP; alg++)
		for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
			len = deflate_all(alg, 0, 1, rooms[i]);
			ck_assert_int_eq(data_inflate(alg, mid, len, out, 1), 0);
		}
	ck_assert_uint_eq(comp.jobs, 0);
}

TEST(empty_request_in_mid_stream_does_nothing)
{
	struct wd_comp_msg msg;

	step(&comp, &msg, WD_ZLIB, in, 0, mid, 1000, false);
	ck_assert_uint_eq(msg.status, WD_SUCCESS);
	ck_assert_uint_eq(msg.produced, 0);
	step(&decomp, &msg, WD_ZLIB, in, 0, mid, 1000, false);
	ck_assert_uint_eq(msg.status, WD_SUCCESS);
	ck_assert_uint_eq(comp.jobs + decomp.jobs, 0);
}

TEST(z11_running_checksum_and_length_are_the_standard_ones)
{
	struct wd_comp_msg msg;
	uint32_t n = 0;

	data_fill(in, 50000, DATA_TEXT);
	for (int i = 0; i < 5; i++, n += 10000) {
		step(&comp, &msg, WD_GZIP, in + n, 10000, mid, 20000, false);
		ck_assert_uint_eq(msg.checksum, crc32(0, in, n + 10000));
		ck_assert_uint_eq(zip_stream_of(stream)->isize, n + 10000);
	}
	hisi_zip_driver.stream_reset(stream);
	step(&comp, &msg, WD_ZLIB, in, 10000, mid, 20000, false);
	ck_assert_uint_eq(msg.checksum, adler32(1, in, 10000));
	hisi_zip_driver.stream_reset(stream);
	step(&comp, &msg, WD_DEFLATE, in, 10000, mid, 20000, false);
	ck_assert_uint_eq(msg.checksum, 0);
}

static void garbage_words(struct inline_device *d, struct hisi_zip_sqe *sqe)
{
	static const uint8_t words[] = { 15, 28, 29, 30, 31 };

	if (field_get(sqe, ZIP_STREAM_NEW))
		for (size_t i = 0; i < sizeof(words); i++)
			sqe->dw[words[i]] = htole32(0xdeadbeef + i + d->jobs);
}

TEST(z13_words_of_a_new_stream_do_not_matter)
{
	uint32_t len;

	comp.before = garbage_words;
	decomp.before = garbage_words;
	data_fill(in, 30000, DATA_TEXT);
	for (uint32_t alg = WD_DEFLATE; alg <= WD_GZIP; alg++) {
		len = deflate_all(alg, 30000, 10000, 20000);
		ck_assert_int_eq(data_inflate(alg, mid, len, out, 40000), 30000);
		ck_assert_uint_eq(inflate_all(alg, len, 3000, 5000), 30000);
	}
}

TEST(z06_gzip_header_with_all_parts_in_steps_of_one_byte)
{
	z_stream z = { 0 };
	uint8_t extra[40] = "extra";
	gz_header h = { .extra = extra, .extra_len = sizeof(extra), .name = (Bytef *)"name",
			.comment = (Bytef *)"comment", .hcrc = 1, .os = 3 };

	data_fill(in, 500, DATA_TEXT);
	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	deflateSetHeader(&z, &h);
	z.next_in = in;
	z.avail_in = 500;
	z.next_out = mid;
	z.avail_out = 5000;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	for (uint32_t piece = 1; piece < 80; piece++) {
		ck_assert_uint_eq(inflate_all(WD_GZIP, z.total_out, piece, 1000), 500);
		ck_assert_int_eq(memcmp(in, out, 500), 0);
	}
	/* A wrong header checksum is found, however the header is cut. */
	mid[10 + 2 + 40 + 5 + 8] ^= 1;
	for (uint32_t piece = 1; piece < 80; piece += 13) {
		struct wd_comp_msg msg;
		uint32_t from = 0;

		hisi_zip_driver.stream_reset(stream);
		do {
			step(&decomp, &msg, WD_GZIP, mid + from, piece, out, 1000, false);
			from += msg.consumed;
		} while (msg.status == WD_SUCCESS && from < 100);
		ck_assert_uint_eq(msg.status, WD_IN_EPARA);
		/* It stays so. */
		step(&decomp, &msg, WD_GZIP, mid, 5, out, 1000, false);
		ck_assert_uint_eq(msg.status, WD_IN_EPARA);
	}
	deflateEnd(&z);
}

TEST(z18_corrupt_trailer_of_a_stream_is_a_verify_error)
{
	struct wd_comp_msg msg;
	uint32_t len;

	data_fill(in, 3000, DATA_TEXT);
	for (uint32_t alg = WD_ZLIB; alg <= WD_GZIP; alg++) {
		len = data_deflate(alg, 6, in, 3000, mid, 5000);
		mid[len - 1] ^= 0x80;
		hisi_zip_driver.stream_reset(stream);
		step(&decomp, &msg, alg, mid, len, out, 5000, true);
		ck_assert_int_eq(msg.head.result, 0);
		ck_assert_uint_eq(msg.status, WD_VERIFY_ERR);
	}
}

TEST(two_streams_one_after_the_other_in_one_memory)
{
	struct wd_comp_msg msg;
	uint32_t a, b;

	data_fill(in, 4000, DATA_TEXT);
	a = data_deflate(WD_GZIP, 6, in, 4000, mid, MIB);
	b = data_deflate(WD_GZIP, 9, in + 1000, 2000, mid + a, MIB);
	step(&decomp, &msg, WD_GZIP, mid, a + b, out, 8000, false);
	ck_assert_uint_eq(msg.status, WD_STREAM_END);
	ck_assert_uint_eq(msg.consumed, a);
	step(&decomp, &msg, WD_GZIP, mid + a, b, out, 8000, false);
	ck_assert_uint_eq(msg.status, WD_STREAM_END);
	ck_assert_uint_eq(msg.produced, 2000);
	ck_assert_int_eq(memcmp(in + 1000, out, 2000), 0);
}

TEST(interleaved_streams_keep_apart)
{
	static const uint32_t n = 60000;
	void *other = aligned_alloc(64, (hisi_zip_driver.stream_nbytes + 63) & ~63ul);
	void *streams[2] = { stream, other };
	uint32_t from[2] = { 0, 0 }, to[2] = { 0, 0 };
	struct wd_comp_msg msg;

	hisi_zip_driver.stream_reset(other);
	data_fill(in, n, DATA_TEXT);
	data_fill(in + n, n, DATA_BINARY);
	for (int i = 0; from[0] < n || from[1] < n; i ^= 1) {
		uint32_t len = 7001 < n - from[i] ? 7001 : n - from[i];

		if (!len)
			continue;
		stream = streams[i];
		step(&comp, &msg, WD_ZLIB, in + i * n + from[i], len, mid + i * MIB + to[i], 20000,
		     from[i] + len == n);
		from[i] += msg.consumed;
		to[i] += msg.produced;
	}
	stream = streams[0];
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(data_inflate(WD_ZLIB, mid + i * MIB, to[i], out, 2 * MIB), n);
		ck_assert_int_eq(memcmp(in + i * n, out, n), 0);
	}
	free(other);
}

TEST(f34_garbage_behind_the_header_is_an_input_error_that_stays)
{
	struct wd_comp_msg msg;

	memset(mid, 0xff, 100);
	step(&decomp, &msg, WD_DEFLATE, mid, 100, out, 1000, false);
	ck_assert_uint_eq(msg.status, WD_IN_EPARA);
	step(&decomp, &msg, WD_DEFLATE, mid, 100, out, 1000, false);
	ck_assert_uint_eq(msg.status, WD_IN_EPARA);
	ck_assert_uint_eq(decomp.jobs, 1);
	hisi_zip_driver.stream_reset(stream);
	data_fill(in, 1000, DATA_TEXT);
	ck_assert_uint_eq(
		inflate_all(WD_DEFLATE, data_deflate(WD_DEFLATE, 6, in, 1000, mid, MIB), 77, 500),
		1000);
}

TEST(full_ring_changes_nothing_of_a_stream)
{
	static struct wd_comp_msg plain[1023];
	struct wd_comp_params p = { .alg_type = WD_GZIP, .op_type = WD_DIR_DECOMPRESS };
	struct wd_template t;
	struct wd_comp_msg msg = { .tmpl = &t };
	struct wd_msg *done[64];
	struct zip_stream before;
	uint32_t len;
	int n = 0;

	data_fill(in, 1000, DATA_TEXT);
	len = data_deflate(WD_GZIP, 6, in, 1000, mid, MIB);
	ck_assert_int_eq(hisi_zip_driver.session_init(decomp.q, &p, &t), 0);
	for (int i = 0; i < 1023; i++) {
		plain[i] = (struct wd_comp_msg){ .tmpl = &t, .src = mid, .src_len = len, .dst = out,
						 .dst_len = 1000 };
		ck_assert_int_eq(hisi_zip_driver.submit(decomp.q, &plain[i].head), 0);
	}
	msg.src = mid;
	msg.src_len = len;
	msg.dst = out;
	msg.dst_len = 1000;
	msg.stream = stream;
	memcpy(&before, zip_stream_of(stream), sizeof(before));
	ck_assert_int_eq(hisi_zip_driver.submit(decomp.q, &msg.head), -WD_EBUSY);
	ck_assert_int_eq(memcmp(&before, zip_stream_of(stream), sizeof(before)), 0);
	inline_device_work(&decomp);
	while (n < 1023)
		n += hisi_zip_driver.reap(decomp.q, done, 64);
	ck_assert_uint_eq(inflate_all(WD_GZIP, len, 1000, 1000), 1000);
}

TEST(scattered_and_too_long_stream_requests_are_refused)
{
	struct wd_comp_params p = { .alg_type = WD_ZLIB };
	struct wd_template t;
	struct wd_comp_msg msg = { .tmpl = &t, .stream = stream, .data_fmt = WD_SGL_BUF };

	ck_assert_int_eq(hisi_zip_driver.session_init(comp.q, &p, &t), 0);
	ck_assert_int_eq(hisi_zip_driver.submit(comp.q, &msg.head), -WD_EINVAL);
	msg.data_fmt = WD_FLAT_BUF;
	msg.src = in;
	msg.src_len = 8 * MIB + 1;
	msg.dst = out;
	msg.dst_len = 100;
	ck_assert_int_eq(hisi_zip_driver.submit(comp.q, &msg.head), -WD_EINVAL);
}

int main(void)
{
	return run_tests("zip_stream", setup, teardown);
}
