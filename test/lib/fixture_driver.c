// SPDX-License-Identifier: Apache-2.0
/*
 * Shared objects for test_driver_load.c: a driver of the name FIXTURE_NAME, good or
 * spoilt in one way by FIXTURE_ABI, FIXTURE_MUTE, FIXTURE_UNDEFINED.
 */
#include "fake_driver.h"
#include "wd_alg.h"

#ifndef FIXTURE_ABI
#define FIXTURE_ABI WD_DRIVER_ABI
#endif

extern void a_function_nobody_has(void);

static const char *const algs[] = { "fixture-" FIXTURE_NAME, "fixture", NULL };
static struct wd_driver driver;

static __attribute__((constructor)) void load(void)
{
	driver = fake_driver;
	driver.abi = FIXTURE_ABI;
	driver.name = FIXTURE_NAME;
	driver.family = "fixture";
	driver.algs = algs;
	driver.calc_type = UADK_ALG_SOFT;
#ifdef FIXTURE_UNDEFINED
	a_function_nobody_has();
#endif
#ifndef FIXTURE_MUTE
	wd_driver_register(&driver);
#endif
}

static __attribute__((destructor)) void unload(void)
{
	wd_driver_unregister(&driver);
}
