/*
 * Starts a program and measures from its fork.
 *
 *   launch routes N COMMAND...   until the kernel told of its N-th RTM_NEWROUTE
 *   launch ready COMMAND...      until it sent READY=1 to NOTIFY_SOCKET
 *   launch stay COMMAND...       not at all: for the memory of a program at rest
 *   launch changes COMMAND...    until it ended and the kernel's routes have been still for 300 ms since:
 *                                "MICROSECONDS CHANGES", to its end or the last change
 *
 * The others print "MICROSECONDS KILOBYTES", the second its resident memory half a second later, and end it.
 */
#include "lab.h"
#include <stddef.h>
#include <sys/un.h>

#define PATIENCE_MS 60000

static int notify_listener(char *path, size_t size)
{
	struct sockaddr_un self = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(path, size, "/tmp/mcast-bench-%d.sock", getpid());
	snprintf(self.sun_path, sizeof(self.sun_path), "%s", path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		die("notify socket");
	return fd;
}

static int is_ready(int fd)
{
	char text[4096];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (n < 0)
		return 0;
	text[n] = 0;
	return strstr(text, "READY=1") != NULL;
}

static long resident_kb(pid_t child)
{
	char path[64], line[256];
	long kb = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", child);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "VmRSS: %ld", &kb);
	if (file)
		fclose(file);
	return kb;
}

static int changes(char **command)
{
	struct pollfd wait = {.fd = route_listener(), .events = POLLIN};
	unsigned changed = 0, removed = 0;
	int64_t start = now_ns(), end = 0;
	int status = 0, ended = 0;
	pid_t child = fork();

	if (child == 0) {
		if (!freopen("/dev/null", "w", stdout))
			die("/dev/null");
		execvp(command[0], command);
		die(command[0]);
	}
	for (;;) {
		unsigned more;

		if (poll(&wait, 1, ended ? 300 : 1) == 0 && ended)
			break;
		removed = 0;
		more = routes_told(wait.fd, &removed) + removed;
		changed += more;
		if (more)
			end = now_ns();
		if (!ended && waitpid(child, &status, WNOHANG) == child) {
			ended = 1;
			end = now_ns();
		}
	}
	printf("%lld %u\n", (long long)(end - start) / 1000, changed);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	int routes = argc > 3 && !strcmp(argv[1], "routes"), ready = argc > 2 && !strcmp(argv[1], "ready");
	int stay = argc > 2 && !strcmp(argv[1], "stay"), done = stay;
	unsigned wanted = routes ? atoi(argv[2]) : 0, told = 0;
	struct pollfd wait = {.events = POLLIN};
	char path[108] = "";
	int64_t start, end;
	pid_t child;

	if (argc > 2 && !strcmp(argv[1], "changes"))
		return changes(argv + 2);
	if (!routes && !ready && !stay) {
		fprintf(stderr, "usage: launch routes N | ready | stay | changes COMMAND...\n");
		return 64;
	}
	wait.fd = routes ? route_listener() : notify_listener(path, sizeof(path));
	start = now_ns();
	child = fork();
	if (child == 0) {
		if (!routes) {
			setenv("NOTIFY_SOCKET", path, 1);
			setenv("MCAST_FDSTORE", "1", 1);
		}
		execvp(argv[routes ? 3 : 2], argv + (routes ? 3 : 2));
		die(argv[routes ? 3 : 2]);
	}
	while (!done && poll(&wait, 1, PATIENCE_MS) > 0) {
		if (routes)
			told += routes_told(wait.fd, NULL);
		done = routes ? told >= wanted : is_ready(wait.fd);
	}
	end = now_ns();
	usleep(stay ? 2000000 : 500000);
	if (done)
		printf("%lld %ld\n", (long long)(end - start) / 1000, resident_kb(child));
	else
		fprintf(stderr, "bench: %s: %u of %u routes in %d s\n", argv[routes ? 3 : 2], told, wanted,
			PATIENCE_MS / 1000);
	/* Asked, since what is killed leaves its routes to its keeper; but who is under a service manager to that. */
	kill(child, routes ? SIGTERM : SIGKILL);
	waitpid(child, NULL, 0);
	if (path[0])
		unlink(path);
	return !done;
}
