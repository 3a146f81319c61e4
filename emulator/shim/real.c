// SPDX-License-Identifier: Apache-2.0
/*
 * Owns finding the functions that the library stands in front of. It may be
 * called before any constructor has run.
 */
#include "shim.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *text)
{
	/* Nothing can be done about an error here. */
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return;
}

void *real_find(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (found)
		return found;
	say("wd-emulate: no function ");
	say(name);
	say(" in this C library\n");
	abort();
}
