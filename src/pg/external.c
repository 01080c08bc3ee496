/* Files and commands; purpose: external.h. */
#include "postgres.h"

#include "pg/external.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "jose/secure.h"

/* How often a command that has closed its output is asked whether it has ended. */
#define POLL_MS 10

/* By the rules of the server for ssl_key_file. */
static const char *check_private(const struct stat *info)
{
	if (!S_ISREG(info->st_mode))
		return "it is no regular file";
	if (info->st_uid != geteuid() && info->st_uid != 0)
		return "it belongs neither to the server's user nor to root";
	if (info->st_uid == geteuid() && (info->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return "others than its owner have access to it (it needs mode 0600)";
	if (info->st_uid == 0 && (info->st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) != 0)
		return "it belongs to root and has a wider mode than 0640";
	return NULL;
}

/* Reads to the end; the file is checked as it was opened, not as its name says later. */
static const char *read_open_file(int fd, uint8_t *buffer, size_t capacity, size_t *len)
{
	struct stat info;
	const char *problem = fstat(fd, &info) == 0 ? check_private(&info) : "it cannot be examined";

	*len = 0;
	while (problem == NULL)
	{
		ssize_t got = read(fd, buffer + *len, capacity - *len);

		if (got == 0)
			return NULL;
		if (got < 0)
			problem = "it cannot be read";
		else if ((*len += (size_t) got) == capacity)
			problem = "it is too long";
	}
	return problem;
}

const char *external_read_file(const char *path, uint8_t *buffer, size_t capacity, size_t *len)
{
	/* Not to wait for a writer where the name is a pipe's: that is no regular file, see above. */
	int fd = OpenTransientFile(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	const char *problem;

	*len = 0;
	if (fd < 0)
		return "it cannot be opened";
	problem = read_open_file(fd, buffer, capacity, len);
	CloseTransientFile(fd);
	return problem;
}

/* A running command: its process group, and the end of the pipe that we read. */
typedef struct Child
{
	pid_t pid;
	int fd;
	bool ended; /* and waited for */
} Child;

static void run_shell(const char *command, int output)
{
	setpgid(0, 0); /* so that what it starts is killed with it */
	pqsignal(SIGPIPE, SIG_DFL);
	if (dup2(output, STDOUT_FILENO) >= 0)
		execl("/bin/sh", "sh", "-c", command, (char *) NULL);
	_exit(127);
}

static bool start(const char *command, Child *child)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	child->fd = ends[0];
	child->pid = fork();
	if (child->pid == 0)
		run_shell(command, ends[1]);
	close(ends[1]);
	if (child->pid > 0)
	{
		setpgid(child->pid, child->pid); /* here as well: whoever comes first */
		return true;
	}
	close(child->fd);
	return false;
}

/* Waits for one of the events without missing a cancel, for longest ms; false when the time is over. */
static bool wait_for(int events, int fd, TimestampTz deadline, long longest)
{
	long left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), deadline);
	int event = WaitLatchOrSocket(MyLatch, events | WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
								  fd, Min(left, longest), PG_WAIT_EXTENSION);

	if (event & WL_LATCH_SET)
		ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	return left > 0;
}

static const char *read_output(int fd, TimestampTz deadline, uint8_t *buffer, size_t capacity,
							   size_t *len)
{
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		return "its output cannot be read";
	for (;;)
	{
		ssize_t got = read(fd, buffer + *len, capacity - *len);

		if (got == 0)
			return NULL;
		if (got > 0 && (*len += (size_t) got) == capacity)
			return "it prints too much";
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return "its output cannot be read";
		if (got < 0 && !wait_for(WL_SOCKET_READABLE, fd, deadline, LONG_MAX))
			return "it took too long";
	}
}

/* A command may close its output and still go on; looked at every few ms, as nothing tells of its end. */
static const char *await_end(Child *child, TimestampTz deadline)
{
	int status = 0;

	while (waitpid(child->pid, &status, WNOHANG) == 0)
	{
		if (!wait_for(0, PGINVALID_SOCKET, deadline, POLL_MS))
			return "it took too long";
	}
	child->ended = true;
	return status == 0 ? NULL : "it failed";
}

/* Ends the command and what it started, unless it has ended by itself. */
static void finish(const Child *child)
{
	close(child->fd);
	if (child->ended)
		return;
	kill(-child->pid, SIGKILL);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* What an error or the end of the session leaves: a command that runs, and half of its output. */
typedef struct Unfinished
{
	Child child;
	uint8_t *buffer;
	size_t capacity;
} Unfinished;

static void give_up(int code, Datum argument)
{
	const Unfinished *unfinished = (const Unfinished *) DatumGetPointer(argument);

	finish(&unfinished->child);
	secure_wipe(unfinished->buffer, unfinished->capacity);
}

const char *external_read_command(const char *command, int timeout_ms, uint8_t *buffer,
								  size_t capacity, size_t *len)
{
	TimestampTz deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), timeout_ms);
	Unfinished unfinished = {.buffer = buffer, .capacity = capacity};
	const char *problem;

	*len = 0;
	if (!start(command, &unfinished.child))
		return "it cannot be started";
	/* Not PG_TRY: a session that is terminated passes it by. */
	PG_ENSURE_ERROR_CLEANUP(give_up, PointerGetDatum(&unfinished));
	{
		problem = read_output(unfinished.child.fd, deadline, buffer, capacity, len);
		if (problem == NULL)
			problem = await_end(&unfinished.child, deadline);
	}
	PG_END_ENSURE_ERROR_CLEANUP(give_up, PointerGetDatum(&unfinished));
	finish(&unfinished.child);
	return problem;
}
