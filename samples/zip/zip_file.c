// SPDX-License-Identifier: Apache-2.0
/*
 * What is done with one file.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "names.h"
#include "progress.h"
#include "report.h"
#include "zip_file.h"

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static bool to_stdout(const struct options *o, const struct input *in)
{
	return o->to_stdout || !in->path;
}

/* --stats: @plain and @packed are the sizes of the content and of its compressed form. */
static void say_stats(const struct zip *z, const char *file, uint64_t plain, uint64_t packed,
		      uint64_t start_ns, enum format f)
{
	double seconds = (double)(now_ns() - start_ns) / 1e9;
	bool on_cpu = f == FORMAT_LZ4 && z->opts->action != ACTION_COMPRESS;
	char devices[256] = "CPU";

	if (!z->opts->stats)
		return;
	if (!on_cpu)
		engine_device_names(&z->engine, devices, sizeof(devices));
	report_note(file,
		    "%" PRIu64 " bytes, %s %" PRIu64 " bytes, ratio %.3f, %.1f MB/s, %.3f s, %s",
		    plain, format_name(f), packed, packed ? (double)plain / (double)packed : 0.0,
		    seconds > 0 ? (double)plain / 1e6 / seconds : 0.0, seconds, devices);
}

/* -v, in gzip's words. */
static void say_result(const struct options *o, const struct input *in, const char *out_name,
		       uint64_t plain, uint64_t packed)
{
	if (!o->verbose)
		return;
	progress_hide();
	if (o->action == ACTION_TEST)
		fprintf(stderr, "%s:\t OK\n", in->name);
	else if (to_stdout(o, in))
		fprintf(stderr, "%s:\t%5.1f%% -- written to stdout\n", in->name,
			saved_percent(plain, packed));
	else
		fprintf(stderr, "%s:\t%5.1f%% -- %s %s\n", in->name, saved_percent(plain, packed),
			o->keep ? "created" : "replaced with", out_name);
}

static int open_output(struct output *out, const struct options *o, const struct input *in,
		       const char *path)
{
	if (o->action == ACTION_TEST || o->action == ACTION_LIST)
		output_discard(out);
	else if (to_stdout(o, in))
		output_stdout(out);
	else
		return output_open(out, path, o);
	return 0;
}

/* The output is complete: only now may the input go. */
static int finish(struct output *out, const struct options *o, const struct input *in, time_t mtime)
{
	bool in_place = out->path != NULL;

	if (output_commit(out, in, mtime))
		return -1;
	if (in_place && !o->keep)
		input_remove(in);
	return 0;
}

/* ------------------------------------------------------------- compress */

/* Time of the content for the header: RFC 1952 has 32 bits, and 0 for none. */
static uint32_t header_time(const struct options *o, const struct input *in)
{
	if (o->names == NAMES_OMIT || !S_ISREG(in->st.st_mode))
		return 0;
	if (in->st.st_mtime < 0 || in->st.st_mtime > UINT32_MAX)
		return 0;
	return (uint32_t)in->st.st_mtime;
}

static bool refuses_terminal(const struct options *o, const struct input *in)
{
	if (o->force || !to_stdout(o, in) || !isatty(STDOUT_FILENO))
		return false;
	report_error(NULL, "compressed data is not written to a terminal; -f would do it");
	return true;
}

static void compress_open(struct zip *z, const struct input *in, const char *out_path)
{
	const struct options *o = z->opts;
	enum format f = o->format == FORMAT_AUTO ? FORMAT_GZIP : o->format;
	struct frame fr = { .format = f, .level = o->level, .mtime = header_time(o, in) };
	uint64_t start_ns = now_ns();
	struct output out;

	if (in->path && o->names != NAMES_OMIT)
		fr.name = names_base(in->path);
	if (open_output(&out, o, in, out_path))
		return;
	progress_begin(o->progress, in->name, input_size(in));
	if (compress_file(&z->compressor, &fr, in, &out)) {
		output_abort(&out);
		return;
	}
	progress_end();
	if (finish(&out, o, in, 0))
		return;
	say_result(o, in, out_path, fr.nbytes, out.nbytes);
	say_stats(z, in->name, fr.nbytes, out.nbytes, start_ns, f);
}

static void compress_path(struct zip *z, const char *path)
{
	const struct options *o = z->opts;
	const char *suffix = o->suffix ? o->suffix
				       : format_suffix(o->format ? o->format : FORMAT_GZIP);
	const char *has = o->to_stdout || o->force ? NULL : names_suffix(path, o->suffix);
	struct input in;
	char *out_path;

	if (input_open(&in, path, o))
		return;
	out_path = names_compressed(path, suffix);
	/* gzip says this and does not count it as a warning. */
	if (in.path && has)
		report_note(path, "already has %s suffix -- unchanged", has);
	else if (!out_path)
		report_error(path, "%s", strerror(errno));
	else if (!refuses_terminal(o, &in))
		compress_open(z, &in, out_path);
	progress_end();
	free(out_path);
	input_close(&in);
}

/* ----------------------------------------------------------- decompress */

static char *content_path(const struct options *o, const struct content *ct, const char *path)
{
	if (o->names == NAMES_KEEP && ct->header.has_name) {
		char *restored = names_restored(path, ct->header.name);

		if (restored || errno != EINVAL)
			return restored;
	}
	return names_decompressed(path, o->suffix);
}

static void decompress_to(struct zip *z, struct content *ct, struct source *src,
			  const struct input *in, const char *out_path)
{
	const struct options *o = z->opts;
	time_t mtime = o->names == NAMES_KEEP ? (time_t)ct->header.mtime : 0;
	uint64_t start_ns = now_ns();
	struct output out;

	if (open_output(&out, o, in, out_path))
		return;
	progress_begin(o->progress, in->name, input_size(in));
	if (content_decompress(&z->decompressor, ct, src, &out, in->name)) {
		output_abort(&out);
		return;
	}
	progress_end();
	if (finish(&out, o, in, mtime))
		return;
	if (o->action == ACTION_LIST) {
		list_row(&z->list, ct, in, out_path ? out_path : in->name);
		return;
	}
	say_result(o, in, out_path, ct->out_nbytes, ct->in_nbytes);
	say_stats(z, in->name, ct->out_nbytes, ct->in_nbytes, start_ns, ct->format);
}

static bool in_place(const struct options *o, const struct input *in)
{
	return in->path && !o->to_stdout && o->action == ACTION_DECOMPRESS;
}

static void decompress_open(struct zip *z, struct source *src, const struct input *in)
{
	const struct options *o = z->opts;
	enum format hint = in->path ? names_format(in->path) : FORMAT_AUTO;
	struct content ct;
	char *out_path = NULL;

	if (content_detect(&ct, src, hint, o, in->name))
		return;
	if (in->path)
		out_path = content_path(o, &ct, in->path);
	if (!out_path && in_place(o, in))
		report_error(in->name, "%s", strerror(errno));
	else
		decompress_to(z, &ct, src, in, out_path);
	progress_end();
	free(out_path);
}

static void decompress_path(struct zip *z, const char *given)
{
	const struct options *o = z->opts;
	char *path = names_find(given, o->suffix);
	struct source *src;
	struct input in;

	if (!path) {
		report_error(given, "%s", strerror(errno));
		return;
	}
	if (input_open(&in, path, o))
		goto free_path;
	if (!in.path && !o->force && isatty(in.fd)) {
		report_error(NULL, "compressed data is not read from a terminal; -f would do it");
		goto close_input;
	}
	if (in_place(o, &in) && !names_suffix(path, o->suffix)) {
		report_warning(path, "unknown suffix -- ignored");
		goto close_input;
	}
	src = source_open(&in);
	if (src)
		decompress_open(z, src, &in);
	else
		report_error(in.name, "%s", strerror(errno));
	source_close(src);
close_input:
	input_close(&in);
free_path:
	free(path);
}

void zip_file(struct zip *z, const char *path)
{
	if (z->opts->action == ACTION_COMPRESS)
		compress_path(z, path);
	else
		decompress_path(z, path);
}
