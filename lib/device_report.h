/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WD_LIB_DEVICE_REPORT_H
#define WD_LIB_DEVICE_REPORT_H

/* Say once in this process that device @name is not used because of @why (a constant text). */
void wd_device_report(const char *name, const char *why);

#endif
