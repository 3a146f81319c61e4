// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the command language of the control socket:
 *   list				names of the devices
 *   info NAME				one device as JSON
 *   stats [NAME]			counters of all queues ever used, as JSON
 *   reset NAME [MSEC] [failed]		reset that takes at least MSEC; answered at its end
 *   unplug NAME			surprise removal
 *   plug SPEC				as --device; answers the name
 *   isolate NAME 0|1
 *   isolate-strategy NAME TEXT		as a write to the sysfs attribute
 *   fault NAME KIND [key=value]...	set a fault
 *   fault NAME clear|list
 *   stop				end the daemon
 */
#include "command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "server.h"
#include "worker.h"

struct answer {
	FILE *out;
	void (*done)(void *arg);
	void *arg;
	bool wait;
};

static struct emu_device *named_device(char **rest)
{
	char *name = strtok_r(NULL, " \t", rest);

	return name ? device_find(name) : NULL;
}

static int run_list(struct answer *answer, char **rest)
{
	struct emu_device *dev;

	(void)rest;
	fputs("ok", answer->out);
	for (dev = device_list; dev; dev = dev->next)
		fprintf(answer->out, " %s", dev->name);
	return 0;
}

static void print_algorithms(const struct emu_device *dev, FILE *out)
{
	const char *text = dev->config.engine->algorithms(dev->config.qm_version), *end;

	fputs("\"algorithms\":[", out);
	for (; (end = strchr(text, '\n')); text = end + 1)
		fprintf(out, "\"%.*s\"%s", (int)(end - text), text, end[1] ? "," : "");
	fputc(']', out);
}

static int run_info(struct answer *answer, char **rest)
{
	static const char *const states[] = {"ok", "resetting", "failed", "gone"};
	struct emu_device *dev = named_device(rest);
	const struct device_config *config;

	if (!dev)
		return ENODEV;
	config = &dev->config;
	fprintf(answer->out,
		"ok {\"name\":\"%s\",\"engine\":\"%s\",\"driver\":\"%s\",\"qm\":%u,"
		"\"state\":\"%s\",\"queues\":%u,\"available\":%u,\"quarantined\":%u,"
		"\"depth\":%u,\"sqe_size\":%u,\"numa_node\":%d,\"put\":\"%s\","
		"\"shadow\":%s,\"doorbell_isolation\":%s,\"isolate\":%d,"
		"\"isolate_strategy\":%u,\"workers\":%u,",
		dev->name, config->engine->kind, config->driver, config->qm_version,
		states[dev->state], config->queues, device_available(dev), dev->quarantined,
		config->depth, config->engine->sqe_nbytes, config->numa_node,
		config->put_releases ? "release" : "stop", config->shadow ? "true" : "false",
		config->isolated_doorbells ? "true" : "false", dev->isolate, dev->isolate_strategy,
		sched_workers());
	print_algorithms(dev, answer->out);
	fputc('}', answer->out);
	return 0;
}

static bool print_queue(FILE *out, struct emu_queue *q, const char *separator)
{
	struct queue_counters c;
	bool running;

	if (!q->dus)
		return false;
	c = queue_read_counters(q, &running);
	fprintf(out,
		"%s{\"queue\":%u,\"open\":%s,\"running\":%s,\"submitted\":%llu,"
		"\"completed\":%llu,\"acknowledged\":%llu,\"errors\":%llu,\"refused\":%llu,"
		"\"traps\":%llu,"
		"\"interrupts\":%llu}",
		separator, q->number, q->dev->queue_in_use[q->number] ? "true" : "false",
		running ? "true" : "false", (unsigned long long)c.submitted,
		(unsigned long long)c.completed, (unsigned long long)c.acknowledged,
		(unsigned long long)c.errors, (unsigned long long)c.refused,
		(unsigned long long)c.traps, (unsigned long long)c.interrupts);
	return true;
}

static void print_stats(FILE *out, struct emu_device *dev)
{
	const char *separator = "";
	unsigned int i;

	fprintf(out, "{\"name\":\"%s\",\"queues\":[", dev->name);
	for (i = 0; i < dev->config.queues; i++) {
		if (print_queue(out, &dev->queues[i], separator))
			separator = ",";
	}
	fputs("]}", out);
}

static int run_stats(struct answer *answer, char **rest)
{
	char *name = strtok_r(NULL, " \t", rest);
	struct emu_device *dev = name ? device_find(name) : NULL;

	if (name && !dev)
		return ENODEV;
	fputs("ok {\"devices\":[", answer->out);
	if (dev)
		print_stats(answer->out, dev);
	for (dev = name ? NULL : device_list; dev; dev = dev->next) {
		print_stats(answer->out, dev);
		if (dev->next)
			fputc(',', answer->out);
	}
	fputs("]}", answer->out);
	return 0;
}

static int run_reset(struct answer *answer, char **rest)
{
	struct emu_device *dev = named_device(rest);
	unsigned long hold_ms = 0;
	bool fails = false;
	char *word, *end;
	int error;

	if (!dev)
		return ENODEV;
	while ((word = strtok_r(NULL, " \t", rest))) {
		if (strcmp(word, "failed") == 0) {
			fails = true;
			continue;
		}
		hold_ms = strtoul(word, &end, 10);
		if (*end || hold_ms > 60000)
			return EINVAL;
	}
	error = device_reset(dev, (unsigned int)hold_ms, fails, answer->done, answer->arg);
	answer->wait = !error;
	return error;
}

static int run_unplug(struct answer *answer, char **rest)
{
	struct emu_device *dev = named_device(rest);

	if (!dev)
		return ENODEV;
	device_unplug(dev);
	fputs("ok", answer->out);
	return 0;
}

static int run_plug(struct answer *answer, char **rest)
{
	char *spec = strtok_r(NULL, " \t", rest);
	struct device_config config;
	struct emu_device *dev;
	const char *wrong = spec ? device_parse(spec, &config) : "expected KIND,key=value,...";
	int error;

	if (wrong) {
		fprintf(answer->out, "error EINVAL %s", wrong);
		return 0;
	}
	error = device_plug(&config, &dev);
	if (!error)
		fprintf(answer->out, "ok %s", dev->name);
	return error;
}

static int run_isolate(struct answer *answer, char **rest)
{
	struct emu_device *dev = named_device(rest);
	char *value = strtok_r(NULL, " \t", rest);

	if (!dev)
		return ENODEV;
	if (!value || (strcmp(value, "0") && strcmp(value, "1")))
		return EINVAL;
	device_isolate(dev, *value == '1');
	fputs("ok", answer->out);
	return 0;
}

static int run_isolate_strategy(struct answer *answer, char **rest)
{
	struct emu_device *dev = named_device(rest);
	char *text = strtok_r(NULL, "", rest);
	int error;

	if (!dev)
		return ENODEV;
	error = device_set_strategy(dev, text ? text : "");
	if (!error)
		fputs("ok", answer->out);
	return error;
}

static int run_fault(struct answer *answer, char **rest)
{
	struct emu_device *dev = named_device(rest);
	char *words = strtok_r(NULL, "", rest);
	int error = 0;

	if (!dev)
		return ENODEV;
	if (!words)
		return EINVAL;
	if (strcmp(words, "list") == 0) {
		fputs("ok [", answer->out);
		fault_table_print(&dev->faults, answer->out);
		fputc(']', answer->out);
		return 0;
	}
	if (strcmp(words, "clear") == 0)
		fault_table_clear(&dev->faults);
	else
		error = -fault_table_add(&dev->faults, words);
	if (!error)
		fputs("ok", answer->out);
	return error;
}

static int run_stop(struct answer *answer, char **rest)
{
	(void)rest;
	fputs("ok", answer->out);
	server_stop();
	return 0;
}

static const struct command {
	const char *name;
	/* Prints the answer, or returns a positive errno. */
	int (*run)(struct answer *answer, char **rest);
} commands[] = {
	{"list", run_list},	  {"info", run_info},
	{"stats", run_stats},	  {"reset", run_reset},
	{"unplug", run_unplug},	  {"plug", run_plug},
	{"isolate", run_isolate}, {"isolate-strategy", run_isolate_strategy},
	{"fault", run_fault},	  {"stop", run_stop},
};

static void print_error(FILE *out, int error)
{
	const char *name = strerrorname_np(error);

	fprintf(out, "error %s %s", name ? name : "EIO", strerror(error));
}

static void run_words(struct answer *answer, char *line)
{
	char *rest, *word = strtok_r(line, " \t\r", &rest);
	unsigned int i;
	int error;

	for (i = 0; word && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(word, commands[i].name))
			continue;
		error = commands[i].run(answer, &rest);
		if (error)
			print_error(answer->out, error);
		return;
	}
	fputs("error EINVAL unknown command", answer->out);
}

char *command_run(char *line, void (*done)(void *arg), void *arg)
{
	struct answer answer = {.done = done, .arg = arg};
	char *text = NULL;
	size_t nbytes;
	bool failed;

	answer.out = open_memstream(&text, &nbytes);
	if (!answer.out)
		return NULL;
	run_words(&answer, line);
	fputc('\n', answer.out);
	failed = ferror(answer.out);
	if (fclose(answer.out) || failed || answer.wait) {
		free(text);
		return answer.wait ? COMMAND_WAIT : NULL;
	}
	return text;
}

char *command_answer(int error)
{
	char *text = NULL;
	size_t nbytes;
	FILE *out = open_memstream(&text, &nbytes);

	if (!out)
		return NULL;
	if (error)
		print_error(out, error);
	else
		fputs("ok", out);
	fputc('\n', out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
