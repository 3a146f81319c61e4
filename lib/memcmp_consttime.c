// SPDX-License-Identifier: Apache-2.0
/* Comparing secrets without telling by the time it takes where they differ. */
#include "wd_internal.h"

int memcmp_consttime(const void *s1, const void *s2, size_t n)
{
	const volatile unsigned char *a = s1, *b = s2;
	unsigned char diff = 0;

	while (n--)
		diff |= *a++ ^ *b++;
	return diff;
}
