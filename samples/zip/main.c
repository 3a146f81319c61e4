// SPDX-License-Identifier: Apache-2.0
/*
 * wd_zip: gzip's habits on an accelerator. It uses nothing but the public
 * interface of libwd and libwd_comp, and is meant to be read and copied from:
 * chunk_streams.c shows streams, chunk_blocks.c asynchronous requests, engine.c
 * how both find their device.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "options.h"
#include "output.h"
#include "report.h"
#include "zip_file.h"

/*
 * A file must not get the number of a standard stream that is closed, or messages
 * would be written into it. Using such a stream fails as if it were closed.
 */
static int occupy_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return -1;
	}
	return 0;
}

/* What is still on its way to standard output may fail, too: a full disk. */
static void close_stdout(void)
{
	if (fflush(stdout) || (close(STDOUT_FILENO) && errno != EBADF))
		report_error("stdout", "%s", strerror(errno));
}

int main(int argc, char **argv)
{
	struct options opts;
	struct zip z = { .opts = &opts };

	if (occupy_standard_streams())
		return 1;
	options_parse(&opts, argc, argv);
	report_init(opts.quiet);
	output_catch_signals();
	z.engine.threads = opts.threads;
	z.engine.verbose = opts.verbose;
	z.list.verbose = opts.verbose > 0;
	z.list.quiet = opts.quiet;
	z.compressor = (struct compressor){ .engine = &z.engine, .opts = &opts };
	z.decompressor = (struct decompressor){ .engine = &z.engine, .opts = &opts };
	for (int i = 0; i < opts.nfiles; i++)
		zip_file(&z, opts.files[i]);
	if (opts.action == ACTION_LIST)
		list_totals(&z.list);
	compressor_free(&z.compressor);
	decompressor_free(&z.decompressor);
	engine_stop(&z.engine);
	close_stdout();
	return report_exit_status();
}
