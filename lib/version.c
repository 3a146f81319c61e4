// SPDX-License-Identifier: Apache-2.0
/* The version, as the programs of UADK ask for it. */
#include <stdio.h>
#include "wd.h"

void wd_get_version(void)
{
	printf("WarpDrive, interface of UADK " PACKAGE_VERSION "\n");
}
