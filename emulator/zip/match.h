/* SPDX-License-Identifier: Apache-2.0 */
/* Finds earlier occurrences of what follows a position, no farther back than a window. */
#ifndef EMULATOR_ZIP_MATCH_H
#define EMULATOR_ZIP_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MATCH_MIN = 4,
	MATCH_MAX = 65535 + 3, /* what the 16-bit length field can say */
};

struct match_finder;

struct found_match {
	uint32_t length; /* 0: none */
	uint32_t dist;
};

struct match_finder *match_finder_new(void);
void match_finder_free(struct match_finder *finder);

/*
 * Work on data[0..nbytes) from now on; @is_deep searches longer. @nbytes < 2^31,
 * and the data stays in place while the finder is used.
 */
void match_finder_start(struct match_finder *finder, const uint8_t *data, uint32_t nbytes,
			uint32_t window_nbytes, bool is_deep);
/* Make positions known up to but not including @end: in order, each once. */
void match_finder_add(struct match_finder *finder, uint32_t end);
/* The best match at @pos among known positions; @hint is a distance worth a try, or 0. */
struct found_match match_finder_find(const struct match_finder *finder, uint32_t pos,
				     uint32_t hint);

#endif
