/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the ZIP driver known to libwd while this object is loaded. Nothing else. */
#include "zip.h"

static __attribute__((constructor)) void hisi_zip_load(void)
{
	int ret = wd_driver_register(&hisi_zip_driver);

	if (ret)
		WD_ERR("driver %s was not accepted (%d)", hisi_zip_driver.name, ret);
}

static __attribute__((destructor)) void hisi_zip_unload(void)
{
	wd_driver_unregister(&hisi_zip_driver);
}
