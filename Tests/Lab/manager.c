/*
 * A service manager for a kernel test: it keeps the descriptors of one program and hands them to its next life, by
 * the protocol of sd_notify(3) and sd_listen_fds(3).
 *
 *   manager SOCKET PROGRAM ARGUMENT...
 *
 * Commands on standard input: "start" runs the program, "start FILE" another in its place; "names" tells what is
 * kept; "twice NAME" keeps one twice, and tells. It says "started PID", "ready", "ended CODE" (or "ended -SIGNAL"), "names NAME:NAME...".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 512

static struct { char name[64]; int fd; } kept[MOST];
static int kept_count;
static pid_t child;
static const char *notify;

static void drop(const char *name)
{
	for (int i = 0; i < kept_count; i++)
		if (!strcmp(kept[i].name, name)) {
			close(kept[i].fd);
			memmove(&kept[i], &kept[i + 1], (--kept_count - i) * sizeof(kept[0]));
			i--;
		}
}

static void take(int socket)
{
	char text[4096], control[256], name[64] = "stored";
	struct iovec part = {text, sizeof(text) - 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	int fd = -1, store = 0, removal = 0;

	if (n < 0)
		return;
	text[n] = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
		if (c->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (!strcmp(line, "READY=1"))
			printf("ready\n");
		store |= !strcmp(line, "FDSTORE=1");
		removal |= !strcmp(line, "FDSTOREREMOVE=1");
		if (!strncmp(line, "FDNAME=", 7))
			snprintf(name, sizeof(name), "%s", line + 7);
	}
	if (removal)
		drop(name);
	if (store && fd >= 0 && kept_count < MOST) {
		snprintf(kept[kept_count].name, sizeof(kept[0].name), "%s", name);
		kept[kept_count++].fd = fd;
	} else if (fd >= 0) {
		close(fd);
	}
}

static void names(char *out, size_t room)
{
	*out = 0;
	for (int i = 0; i < kept_count; i++)
		snprintf(out + strlen(out), room - strlen(out), "%s%s", i ? ":" : "", kept[i].name);
}

static void start(const char *file, char **arguments)
{
	static char all[MOST * 64];
	char number[16];
	sigset_t none;

	names(all, sizeof(all));
	child = fork();
	if (child > 0) {
		printf("started %d\n", child);
		return;
	}
	/* First out of the way of each other, then to their places. */
	for (int i = 0; i < kept_count; i++)
		kept[i].fd = fcntl(kept[i].fd, F_DUPFD_CLOEXEC, 3 + MOST);
	for (int i = 0; i < kept_count; i++)
		dup2(kept[i].fd, 3 + i);
	setenv("NOTIFY_SOCKET", notify, 1);
	setenv("FDSTORE", "512", 1);
	if (kept_count) {
		snprintf(number, sizeof(number), "%d", kept_count);
		setenv("LISTEN_FDS", number, 1);
		setenv("LISTEN_FDNAMES", all, 1);
		snprintf(number, sizeof(number), "%d", getpid());
		setenv("LISTEN_PID", number, 1);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(file, arguments);
	perror(file);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	static char all[MOST * 64], line[1024];
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
			take(socket_fd);
		if (wait[2].revents) {
			struct signalfd_siginfo about;

			if (read(wait[2].fd, &about, sizeof(about)) < 0)
				return 1;
			while (waitpid(-1, &status, WNOHANG) > 0) {
				/* What it said last comes before its end. */
				for (int i = 0; i < 64; i++)
					take(socket_fd);
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
			names(all, sizeof(all));
			printf("names %s\n", all);
		}
	}
}
