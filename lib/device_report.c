// SPDX-License-Identifier: Apache-2.0
/*
 * Why devices are left out, said once per device and reason: programs ask for
 * devices again and again. It owns the memory of what was said.
 */
#include <string.h>
#include "device_report.h"
#include "fork.h"
#include "drv/wd_lock.h"
#include "wd.h"

#define MAX_SAID 128 /* then silence: more broken devices than that say nothing new */

struct said {
	char name[WD_NAME_SIZE];
	const char *why; /* compared by address */
};

static struct said said[MAX_SAID];
static unsigned int nsaid;
static struct wd_lock lock;

static bool is_new(const char *name, const char *why)
{
	for (unsigned int i = 0; i < nsaid; i++)
		if (said[i].why == why && !strncmp(said[i].name, name, sizeof(said[i].name) - 1))
			return false;
	if (nsaid == MAX_SAID)
		return false;
	strncpy(said[nsaid].name, name, sizeof(said[nsaid].name) - 1);
	said[nsaid].why = why;
	nsaid++;
	return true;
}

void wd_device_report(const char *name, const char *why)
{
	bool news;

	wd_fork_lock(&lock);
	news = is_new(name, why);
	wd_lock_release(&lock);
	if (news)
		WD_WARN("%s: device left out: %s\n", name, why);
}
