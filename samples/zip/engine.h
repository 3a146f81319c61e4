/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The accelerator as this program uses it: the one instance of libwd_comp in
 * this process, made when the first file needs it, and words for its codes. It
 * owns no session.
 */
#ifndef ZIP_ENGINE_H
#define ZIP_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include "format.h"
#include "wd_comp.h"

struct engine {
	bool started;
	const char *alg;		    /* name it was made with */
	enum wd_comp_alg_type deflate_type; /* WD_DEFLATE, or WD_ZLIB: to be unwrapped */
	unsigned int threads;		    /* synchronous contexts asked for */
	unsigned int verbose;
};

/*
 * Make the instance for @f and @dir unless there is one. 0, or -1 and it has
 * been said for @file what is wrong.
 */
int engine_start(struct engine *e, enum format f, enum wd_comp_op_type dir, const char *file);
void engine_stop(struct engine *e);

/* A session, or 0. @type as in the format, or e->deflate_type to make deflate data. */
handle_t engine_session(enum wd_comp_alg_type type, enum wd_comp_op_type dir, enum wd_ctx_mode mode,
			int level);

/* What a negative code of libwd_comp means. */
const char *engine_code_text(int code);
/* Is it worth to try the same again: the device was busy, reset or lost the job. */
bool engine_code_is_passing(int code);
/* Names of the devices that may have done the work, separated by commas. */
void engine_device_names(const struct engine *e, char *out, size_t size);

#endif
