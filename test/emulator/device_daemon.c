// SPDX-License-Identifier: Apache-2.0
/*
 * The daemon as a program: command line, directory, life and end, idleness,
 * and the control commands. Faults on demand are in device_fault.c.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device_client.h"

static struct daemon daemon_;
static struct client client;

static void finish(void)
{
	client_close(&client);
	daemon_stop(&daemon_);
}

/* Runs the program to its end; what it said is in @output. */
static int run(const char *arguments, char *output, size_t room)
{
	char command[512];
	size_t nbytes;
	FILE *f;

	snprintf(command, sizeof(command), "%s %s 2>&1", daemon_program(), arguments);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	nbytes = fread(output, 1, room - 1, f);
	output[nbytes] = '\0';
	return pclose(f);
}

static void expect_mistake(const char *arguments, const char *word)
{
	char output[2048];
	int status = run(arguments, output, sizeof(output));

	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 2, "%s: status %#x", arguments,
		      status);
	ck_assert_msg(strstr(output, word), "%s: said %s", arguments, output);
	/* One line that says what is wrong. */
	ck_assert_ptr_eq(strchr(output, '\n'), output + strlen(output) - 1);
}

START_TEST(mistakes_on_the_command_line_are_one_clear_line)
{
	expect_mistake("--device zap", "unknown kind");
	expect_mistake("--device zip,qm=v4", "qm is v2, v3 or v5");
	expect_mistake("--device zip,qm=v1", "qm is v2, v3 or v5");
	expect_mistake("--device zip,queues=0", "1 to 1024");
	expect_mistake("--device zip,queues=1025", "1 to 1024");
	expect_mistake("--device zip,queues=x", "1 to 1024");
	expect_mistake("--device zip,depth=1", "2 to 4096");
	expect_mistake("--device zip,depth=4097", "2 to 4096");
	expect_mistake("--device zip,depth", "key=value");
	expect_mistake("--device zip,color=red", "unknown key");
	expect_mistake("--device zip,driver=../x", "driver name");
	expect_mistake("--device zip,put=maybe", "stop or release");
	expect_mistake("--device zip,shadow=maybe", "on or off");
	expect_mistake("--device zip,qm=v2,isolation=on", "isolation needs");
	expect_mistake("--engines 0", "1 to 64");
	expect_mistake("--engines two", "1 to 64");
	expect_mistake("--idle-exit x", "number");
	expect_mistake("--ready-fd 333", "not an open descriptor");
	expect_mistake("surplus", "unexpected argument");
}
END_TEST

START_TEST(help_and_version_are_answered)
{
	char output[8192];

	ck_assert_int_eq(run("--help", output, sizeof(output)), 0);
	ck_assert_ptr_nonnull(strstr(output, "--device"));
	ck_assert_int_eq(run("--version", output, sizeof(output)), 0);
	ck_assert_int_eq(strncmp(output, "wd-emulatord ", 13), 0);
}
END_TEST

START_TEST(directory_in_use_is_refused)
{
	char arguments[128], output[512];
	int status;

	daemon_start(&daemon_, NULL);
	snprintf(arguments, sizeof(arguments), "--dir %s", daemon_.dir);
	status = run(arguments, output, sizeof(output));
	ck_assert_int_eq(WEXITSTATUS(status), 1);
	ck_assert_ptr_nonnull(strstr(output, "in use"));
	/* The living one is not disturbed. */
	client_start(&client, &daemon_, NAME0, 0);
	client_check_alive(&client, 1);
	finish();
}
END_TEST

START_TEST(directory_of_a_killed_daemon_is_taken_over)
{
	const char *const args[] = {"--device", "null,driver=other", NULL};
	struct stat st;

	daemon_start(&daemon_, NULL);
	kill(daemon_.pid, SIGKILL);
	waitpid(daemon_.pid, NULL, 0);
	ck_assert_int_eq(stat(daemon_path(&daemon_, "socket"), &st), 0);
	daemon_start_in(&daemon_, args);
	ck_assert_str_eq(daemon_control(&daemon_, "list"), "ok other-0");
	ck_assert_int_eq(lstat(daemon_path(&daemon_, "sys/class/uacce/" NAME0), &st), -1);
	/* It did not make the directory, so it leaves it: empty. */
	kill(daemon_.pid, SIGTERM);
	waitpid(daemon_.pid, NULL, 0);
	ck_assert_int_eq(rmdir(daemon_.dir), 0);
}
END_TEST

START_TEST(directory_is_private_and_holds_the_pid)
{
	struct stat st;
	char text[32];
	FILE *f;

	daemon_start(&daemon_, NULL);
	ck_assert_int_eq(stat(daemon_.dir, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(stat(daemon_path(&daemon_, "socket"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	f = fopen(daemon_path(&daemon_, "pid"), "r");
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	fclose(f);
	ck_assert_int_eq(atoi(text), daemon_.pid);
	finish();
}
END_TEST

START_TEST(directory_writable_by_others_is_refused)
{
	char dir[] = "/tmp/wd-test-device-XXXXXX", arguments[64], output[512];
	int status;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chmod(dir, 0777), 0);
	snprintf(arguments, sizeof(arguments), "--dir %s", dir);
	status = run(arguments, output, sizeof(output));
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert_int_eq(WEXITSTATUS(status), 1);
	ck_assert_ptr_nonnull(strstr(output, "writable by others"));
}
END_TEST

START_TEST(long_directory_paths_work)
{
	char dir[200] = "/tmp/wd-test-device-", arguments[300], output[512];

	memset(dir + strlen(dir), 'x', 150);
	snprintf(arguments, sizeof(arguments), "--dir %s --device null --idle-exit 1", dir);
	ck_assert_int_eq(run(arguments, output, sizeof(output)), 0);
	ck_assert_int_eq(access(dir, F_OK), -1);
}
END_TEST

START_TEST(daemon_option_returns_when_serving_and_stop_ends_it)
{
	char dir[] = "/tmp/wd-test-device-XXXXXX", arguments[128], output[512];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(arguments, sizeof(arguments), "--dir %s --device null --daemon", dir);
	ck_assert_int_eq(run(arguments, output, sizeof(output)), 0);
	strcpy(daemon_.dir, dir);
	client_start(&client, &daemon_, NAME0, 0);
	client_check_alive(&client, 1);
	client_close(&client);
	/* A second one says so by its exit status. */
	ck_assert_int_eq(WEXITSTATUS(run(arguments, output, sizeof(output))), 1);
	ck_assert_str_eq(daemon_control(&daemon_, "stop"), "ok");
	wait_until(rmdir(dir) == 0);
}
END_TEST

START_TEST(idle_exit_waits_for_the_last_client)
{
	const char *const args[] = {"--device", "null", "--idle-exit", "1", NULL};
	int status;

	daemon_start(&daemon_, args);
	client_start(&client, &daemon_, NAME0, 0);
	usleep(1500000);
	client_check_alive(&client, 1);
	client_close(&client);
	ck_assert_int_eq(waitpid(daemon_.pid, &status, 0), daemon_.pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(access(daemon_.dir, F_OK), -1);
}
END_TEST

START_TEST(idle_daemon_uses_no_cpu)
{
	struct client others[8];
	unsigned long ticks;
	unsigned int i, k;

	daemon_start(&daemon_, NULL);
	for (i = 0; i < 8; i++) {
		if (i % 2)
			client_start(&others[i], &daemon_, NAME0, 0);
		else
			client_start_shadow(&others[i], &daemon_, NAME0);
		for (k = 0; k < 100; k++)
			client_check_alive(&others[i], k);
	}
	/* The supervision of workers ends a moment after the work. */
	usleep(700000);
	ticks = daemon_ticks(&daemon_);
	usleep(1500000);
	ck_assert_uint_le(daemon_ticks(&daemon_) - ticks, 1);
	for (i = 0; i < 8; i++) {
		client_check_alive(&others[i], 100);
		client_close(&others[i]);
	}
	daemon_stop(&daemon_);
}
END_TEST

START_TEST(sigterm_ends_the_daemon_in_the_midst_of_work)
{
	unsigned int i;

	for (i = 0; i < 10; i++) {
		daemon_start(&daemon_, NULL);
		if (i % 2)
			daemon_control(&daemon_, "fault " NAME0 " delay usec=5000");
		client_start_shadow(&client, &daemon_, NAME0);
		client_submit(&client, 1000, 0);
		daemon_stop(&daemon_);
		client_close(&client);
	}
}
END_TEST

/* control */
START_TEST(control_answers_mistakes_with_the_error_name)
{
	static const char *const wrong[][2] = {
		{"bogus", "error EINVAL"},
		{"info", "error ENODEV"},
		{"info hisi_zip-9", "error ENODEV"},
		{"stats hisi_zip-9", "error ENODEV"},
		{"reset nobody", "error ENODEV"},
		{"reset " NAME0 " soon", "error EINVAL"},
		{"plug", "error EINVAL"},
		{"plug zip,qm=v9", "error EINVAL qm is v2, v3 or v5"},
		{"isolate " NAME0 " 2", "error EINVAL"},
		{"isolate " NAME0, "error EINVAL"},
		{"fault " NAME0, "error EINVAL"},
		{"fault " NAME0 " nothing", "error EINVAL"},
		{"fault " NAME0 " hang every=0", "error EINVAL"},
		{"fault " NAME0 " hang count=-1", "error EINVAL"},
		{"fault " NAME0 " hang queue=x", "error EINVAL"},
		{"fault " NAME0 " hang color=1", "error EINVAL"},
		{"unplug hisi_zip-7", "error ENODEV"},
	};
	unsigned int i;

	daemon_start(&daemon_, NULL);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(strncmp(daemon_control(&daemon_, wrong[i][0]), wrong[i][1],
				      strlen(wrong[i][1])) == 0,
			      "%s", wrong[i][0]);
	ck_assert_str_eq(daemon_control(&daemon_, "isolate " NAME0 " 1"), "ok");
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "isolate"), 1);
	ck_assert_str_eq(daemon_control(&daemon_, "isolate " NAME0 " 0"), "ok");
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "isolate"), 0);
	finish();
}
END_TEST

START_TEST(several_control_lines_at_once_are_answered_in_order)
{
	static const char lines[] = "list\nreset " NAME0 " 20\nbogus\nlist\n";
	static const char answers[] = "ok hisi_zip-0\nok\nerror EINVAL unknown command\n"
				      "ok hisi_zip-0\n";
	char got[sizeof(answers)] = "";
	size_t nbytes = 0;
	ssize_t n;
	int fd;

	daemon_start(&daemon_, NULL);
	fd = daemon_connect(&daemon_, SOCK_STREAM, "control");
	ck_assert_int_eq(write(fd, lines, sizeof(lines) - 1), sizeof(lines) - 1);
	while (nbytes < sizeof(answers) - 1) {
		n = read(fd, got + nbytes, sizeof(answers) - 1 - nbytes);
		ck_assert_int_gt(n, 0);
		nbytes += (size_t)n;
	}
	ck_assert_str_eq(got, answers);
	close(fd);
	finish();
}
END_TEST

#define add(test) tcase_add_test(tcase, test)

static void add_tests(TCase *tcase)
{
	add(mistakes_on_the_command_line_are_one_clear_line);
	add(help_and_version_are_answered);
	add(directory_in_use_is_refused);
	add(directory_of_a_killed_daemon_is_taken_over);
	add(directory_is_private_and_holds_the_pid);
	add(directory_writable_by_others_is_refused);
	add(long_directory_paths_work);
	add(daemon_option_returns_when_serving_and_stop_ends_it);
	add(idle_exit_waits_for_the_last_client);
	add(idle_daemon_uses_no_cpu);
	add(sigterm_ends_the_daemon_in_the_midst_of_work);
	add(control_answers_mistakes_with_the_error_name);
	add(several_control_lines_at_once_are_answered_in_order);
}

int main(void)
{
	return device_test_run("wd-emulatord", 60, add_tests);
}
