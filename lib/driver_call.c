// SPDX-License-Identifier: Apache-2.0
/* Calls through a driver's table for those who hold one: nothing but checks for NULL. */
#include "wd.h"
#include "wd_alg.h"

int wd_alg_driver_init(struct wd_alg_driver *drv, void *conf)
{
	return drv && drv->init ? drv->init(drv, conf) : -WD_EINVAL;
}

void wd_alg_driver_exit(struct wd_alg_driver *drv)
{
	if (drv && drv->exit)
		drv->exit(drv);
}

int wd_alg_driver_send(struct wd_alg_driver *drv, handle_t ctx, void *msg)
{
	return drv && drv->send ? drv->send(drv, ctx, msg) : -WD_EINVAL;
}

int wd_alg_driver_recv(struct wd_alg_driver *drv, handle_t ctx, void *msg)
{
	return drv && drv->recv ? drv->recv(drv, ctx, msg) : -WD_EINVAL;
}
