// SPDX-License-Identifier: Apache-2.0
/*
 * LZ4 frames to their content, with liblz4. It checks the checksums of header,
 * blocks and content where a frame has them.
 */
#include <errno.h>
#include <lz4frame.h>
#include <string.h>
#include "decompress.h"
#include "progress.h"
#include "report.h"

/* 1: another frame follows. Garbage behind a frame is no frame. */
static int next_frame(struct source *src)
{
	const uint8_t *p;
	ssize_t n = source_peek(src, 4, &p);

	return n >= 4 && format_detect(p, (size_t)n) == FORMAT_LZ4;
}

static int decode_frame(LZ4F_dctx *ctx, struct source *src, struct output *out, uint8_t *room,
			size_t room_nbytes, const char *file)
{
	size_t wants;

	do {
		const uint8_t *p;
		ssize_t n = source_peek(src, 1, &p);
		size_t got = room_nbytes, used = n < 0 ? 0 : (size_t)n;

		wants = n < 0 ? 0 : LZ4F_decompress(ctx, room, &got, p, &used, NULL);
		if (n < 0 || LZ4F_isError(wants)) {
			report_error(file, "%s%s", n < 0 ? "" : "invalid compressed data -- ",
				     n < 0 ? strerror(errno) : LZ4F_getErrorName(wants));
			return -1;
		}
		source_take(src, used);
		if (output_write(out, room, got))
			return -1;
		progress_update(source_taken(src), out->nbytes);
		if (!used && !got && wants) {
			report_error(file, "unexpected end of file");
			return -1;
		}
	} while (wants);
	return 0;
}

int lz4_decode(struct content *ct, struct source *src, struct output *out, uint8_t *room,
	       size_t room_nbytes, const char *file)
{
	LZ4F_dctx *ctx;
	int rc;

	(void)ct;
	if (LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION))) {
		report_error(file, "%s", strerror(ENOMEM));
		return -1;
	}
	do
		rc = decode_frame(ctx, src, out, room, room_nbytes, file);
	while (!rc && next_frame(src));
	if (!rc)
		content_end(src, file);
	LZ4F_freeDecompressionContext(ctx);
	return rc;
}
