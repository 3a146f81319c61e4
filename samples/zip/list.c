// SPDX-License-Identifier: Apache-2.0
/*
 * -l, in the columns of gzip.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include "list.h"

double saved_percent(uint64_t whole, uint64_t part)
{
	return whole ? 100.0 * ((double)whole - (double)part) / (double)whole : 0.0;
}

static const char *method(enum format f)
{
	return f == FORMAT_LZ4 ? "lz4" : "defla";
}

static void details(const struct content *ct, const struct input *in)
{
	time_t when = ct->header.mtime ? (time_t)ct->header.mtime : in->st.st_mtime;
	struct tm tm;
	char text[32] = "";

	if (localtime_r(&when, &tm))
		strftime(text, sizeof(text), "%b %e %H:%M", &tm);
	printf("%-5s %08" PRIx32 " %12s ", method(ct->format), ct->check, text);
}

static void sizes(uint64_t in_nbytes, uint64_t out_nbytes, uint64_t frame_nbytes, const char *name)
{
	printf("%19" PRIu64 " %19" PRIu64 " %5.1f%% %s\n", in_nbytes, out_nbytes,
	       saved_percent(out_nbytes, in_nbytes - frame_nbytes), name);
}

/* Header and trailer do not count for the ratio. */
static uint64_t frame_nbytes(const struct content *ct)
{
	switch (ct->format) {
	case FORMAT_GZIP:
		return ct->header.nbytes + GZIP_TRAILER;
	case FORMAT_ZLIB:
		return ZLIB_HEADER + ZLIB_TRAILER;
	default:
		return 0;
	}
}

void list_row(struct list *l, const struct content *ct, const struct input *in, const char *name)
{
	if (!l->rows++ && !l->quiet)
		printf("%s%19s %19s  ratio uncompressed_name\n",
		       l->verbose ? "method  crc     date  time  " : "", "compressed",
		       "uncompressed");
	if (l->verbose)
		details(ct, in);
	sizes(ct->in_nbytes, ct->out_nbytes, frame_nbytes(ct), name);
	l->in_nbytes += ct->in_nbytes;
	l->out_nbytes += ct->out_nbytes;
}

void list_totals(const struct list *l)
{
	if (l->rows < 2 || l->quiet)
		return;
	if (l->verbose)
		printf("%28s", "");
	sizes(l->in_nbytes, l->out_nbytes, 0, "(totals)");
}
