// SPDX-License-Identifier: Apache-2.0
/*
 * Making and ending the instance of libwd_comp.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "engine.h"
#include "report.h"
#include "wd.h"
#include "wd_sched.h"

/* More queues than this gain nothing: threads share queues. */
#define MAX_QUEUES 8

struct choice {
	const char *alg;
	enum wd_comp_alg_type type;
};

/*
 * What can make the data of a format, best first. Deflate data is the same inside
 * a zlib stream, and older devices (hisi_qm_v2) do not give it without.
 */
static const struct choice makes_deflate[] = {
	{ "deflate", WD_DEFLATE }, { "zlib", WD_ZLIB }, { NULL, 0 }
};
static const struct choice makes_lz4[] = { { "lz4", WD_LZ4 }, { NULL, 0 } };
static const struct choice reads_gzip[] = { { "gzip", WD_GZIP }, { NULL, 0 } };
static const struct choice reads_zlib[] = { { "zlib", WD_ZLIB }, { NULL, 0 } };
static const struct choice reads_deflate[] = { { "deflate", WD_DEFLATE }, { NULL, 0 } };

static const struct choice *choices(enum format f, enum wd_comp_op_type dir)
{
	if (f == FORMAT_LZ4)
		return makes_lz4;
	if (dir == WD_DIR_COMPRESS)
		return makes_deflate;
	return f == FORMAT_GZIP ? reads_gzip : f == FORMAT_ZLIB ? reads_zlib : reads_deflate;
}

/* The library speaks of one event in several lines; ours is one. Its own are for -vv. */
static void take_log(int level, const char *text, void *arg)
{
	const struct engine *e = arg;

	if (e->verbose > 1)
		fprintf(stderr, "libwd: %s%s\n", level == WD_LOG_ERR ? "error: " : "", text);
}

static int init(const struct choice *c, enum wd_comp_op_type dir, unsigned int queues)
{
	struct wd_ctx_nums nums[WD_DIR_MAX] = { { 0, 0 }, { 0, 0 } };
	struct wd_ctx_params params = { .op_type_num = WD_DIR_MAX, .ctx_set_num = nums };
	char alg[16];

	if (c->type == WD_LZ4)
		nums[dir].async_ctx_num = 1; /* one thread sends them all */
	else
		nums[dir].sync_ctx_num = queues;
	snprintf(alg, sizeof(alg), "%s", c->alg);
	return wd_comp_init2_(alg, SCHED_POLICY_RR, TASK_MIX, &params);
}

static int init_any(struct engine *e, const struct choice *c, enum wd_comp_op_type dir)
{
	unsigned int queues = e->threads < MAX_QUEUES ? e->threads : MAX_QUEUES;
	int rc = -WD_ENODEV;

	if (dir == WD_DIR_DECOMPRESS)
		queues = 1; /* one file, one stream */

	for (; c->alg; c++) {
		rc = init(c, dir, queues);
		if (rc == -WD_EBUSY && queues > 1)
			rc = init(c, dir, 1);
		if (!rc || rc == -WD_EEXIST) {
			e->alg = c->alg;
			e->deflate_type = c->type;
			return 0;
		}
		if (rc != -WD_ENODEV && rc != -WD_EINVAL)
			break;
	}
	return rc;
}

static bool any_device(void)
{
	static const char *const classes[] = { "zlib", "gzip", "deflate", "lz4" };

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		struct uacce_dev_list *list = wd_get_accel_list(classes[i]);

		if (list) {
			wd_free_list_accels(list);
			return true;
		}
	}
	return false;
}

int engine_start(struct engine *e, enum format f, enum wd_comp_op_type dir, const char *file)
{
	int rc;

	if (e->started)
		return 0;
	wd_log_set_handler(take_log, e);
	rc = init_any(e, choices(f, dir), dir);
	if (!rc) {
		e->started = true;
		return 0;
	}
	if (rc != -WD_ENODEV && rc != -WD_EINVAL)
		report_error(file, "the accelerator cannot be used: %s", engine_code_text(rc));
	else if (any_device())
		report_error(file, "the accelerator does not %s %s",
			     dir == WD_DIR_COMPRESS ? "make" : "read", format_name(f));
	else
		report_error(file, "no accelerator found; for an emulated one: "
				   "wd-emulate -- wd_zip ...");
	return -1;
}

void engine_stop(struct engine *e)
{
	if (e->started)
		wd_comp_uninit2();
	e->started = false;
	wd_log_set_handler(NULL, NULL);
}

handle_t engine_session(enum wd_comp_alg_type type, enum wd_comp_op_type dir, enum wd_ctx_mode mode,
			int level)
{
	struct sched_params place = { .numa_id = -1, .type = (__u8)dir, .mode = (__u8)mode };
	struct wd_comp_sess_setup setup = {
		.alg_type = type,
		.comp_lv = (enum wd_comp_level)level,
		.win_sz = WD_COMP_WS_32K,
		.op_type = dir,
		.sched_param = &place,
	};

	return wd_comp_alloc_sess(&setup);
}

const char *engine_code_text(int code)
{
	switch (-code) {
	case WD_EBUSY:
		return "all queues are taken";
	case WD_EACCES:
		return "no permission to open the device";
	case WD_ETIMEDOUT:
		return "the device does not answer";
	case WD_HW_EACCESS:
		return "the device refuses service";
	case WD_EIO:
		return "the device is broken";
	case WD_ADDR_ERR:
		return "the device cannot reach the memory";
	case WD_ENOPROC:
		return "the device did not process the request";
	default:
		return strerror(-code);
	}
}

bool engine_code_is_passing(int code)
{
	return code == -WD_EBUSY || code == -WD_ETIMEDOUT || code == -WD_HW_EACCESS ||
	       code == -WD_EIO;
}

void engine_device_names(const struct engine *e, char *out, size_t size)
{
	struct uacce_dev_list *list = e->started ? wd_get_accel_list(e->alg) : NULL;
	size_t used = 0;

	snprintf(out, size, "%s", list ? "" : "no device");
	for (struct uacce_dev_list *l = list; l && used < size; l = l->next) {
		char *name = wd_get_accel_name(l->dev->char_dev_path, 0);

		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? "," : "",
					 name ? name : "?");
		free(name);
	}
	wd_free_list_accels(list);
}
