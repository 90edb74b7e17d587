/*
 * A service manager for a kernel test: it keeps the descriptors of one program and hands them to its next life, by
 * the protocol of sd_notify(3) and sd_listen_fds(3).
 *
 *   manager SOCKET PROGRAM ARGUMENT...
 *
 * Commands on standard input: "start" runs the program, "start FILE" another in its place; "names" tells what is
 * kept; "twice NAME" keeps one twice, and tells. It says "started PID", "ready", "ended CODE" (or "ended -SIGNAL"), "names NAME:NAME...".
 */
#include "store.h"
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/un.h>
#include <sys/wait.h>

static pid_t child;
static const char *notify;

static void hear(int socket)
{
	if (take(socket))
		printf("ready\n");
}

static void start(const char *file, char **arguments)
{
	sigset_t none;

	child = fork();
	if (child > 0) {
		printf("started %d\n", child);
		return;
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	become(file, arguments, notify);
	perror(file);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	static char line[1024];
	sigset_t mask;
	int status, socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd wait[3] = {{.fd = 0, .events = POLLIN}, {.fd = socket_fd, .events = POLLIN}, {.events = POLLIN}};

	if (argc < 3)
		return 64;
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	notify = argv[1];
	snprintf(name.sun_path, sizeof(name.sun_path), "%s", notify);
	if (bind(socket_fd, (void *)&name, sizeof(name)) < 0)
		return 1;
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	wait[2].fd = signalfd(-1, &mask, SFD_CLOEXEC);
	for (;;) {
		poll(wait, 3, -1);
		if (wait[1].revents)
			hear(socket_fd);
		if (wait[2].revents) {
			struct signalfd_siginfo about;

			if (read(wait[2].fd, &about, sizeof(about)) < 0)
				return 1;
			while (waitpid(-1, &status, WNOHANG) > 0) {
				/* What it said last comes before its end. */
				for (int i = 0; i < 64; i++)
					hear(socket_fd);
				printf("ended %d\n", WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status));
			}
		}
		if (!wait[0].revents)
			continue;
		if (!fgets(line, sizeof(line), stdin)) {
			kill(child, SIGKILL);
			return 0;
		}
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "start", 5)) {
			start(line[5] ? line + 6 : argv[2], argv + 2);
		} else {
			for (int i = kept_count - 1; i >= 0 && !strncmp(line, "twice ", 6); i--)
				if (!strcmp(kept[i].name, line + 6) && kept_count < MOST) {
					kept[kept_count] = kept[i];
					kept[kept_count++].fd = fcntl(kept[i].fd, F_DUPFD_CLOEXEC, 3);
					break;
				}
			printf("names %s\n", kept_names());
		}
	}
}
